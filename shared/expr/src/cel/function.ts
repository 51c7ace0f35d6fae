import type { CelCidr, CelIp } from "./address.ts";
import type { CelFormat } from "./format.ts";
import type { CelQuantity } from "./quantity.ts";
import type { Run } from "./run.ts";
import type { CelSemver } from "./semver-library.ts";
import type { CelUrl } from "./url.ts";
import {
  type CelDuration,
  type CelList,
  type CelMap,
  type CelOptional,
  type CelTimestamp,
  type CelType,
  type CelUint,
  type CelValue,
  type Kind,
  kindOf,
} from "./value.ts";

/** The value that stands for each kind; `dyn` is any. */
interface KindValues {
  null: null;
  bool: boolean;
  int: bigint;
  uint: CelUint;
  double: number;
  string: string;
  bytes: Uint8Array;
  list: CelList;
  map: CelMap;
  timestamp: CelTimestamp;
  duration: CelDuration;
  type: CelType;
  optional: CelOptional;
  url: CelUrl;
  quantity: CelQuantity;
  ip: CelIp;
  cidr: CelCidr;
  format: CelFormat;
  semver: CelSemver;
  dyn: CelValue;
}

/** A kind, or any. */
export type StaticKind = Kind | "dyn";

/** One form of a function: what it takes, what it returns. */
export interface Overload {
  /** `size`, `sets.contains`, `_+_`; a method begins with a dot and takes its receiver first. */
  readonly name: string;
  readonly kinds: readonly StaticKind[];
  readonly result: StaticKind;
  call(args: readonly CelValue[], run: Run): CelValue;
}

type Values<K extends readonly StaticKind[]> = { [I in keyof K]: KindValues[K[I]] };

/**
 * Defines one form of a function. `body` gets arguments of exactly these kinds, then the run to charge its work to: what
 * takes time that grows with its input must call `run.spend`.
 */
export function define<const K extends readonly StaticKind[], R extends StaticKind>(
  name: string,
  kinds: K,
  result: R,
  body: (...args: [...Values<K>, Run]) => KindValues[R],
): Overload {
  // The functions table calls `call` only with arguments of these kinds.
  return { name, kinds, result, call: (args, run) => body(...([...args, run] as unknown as [...Values<K>, Run])) };
}

/** The same functions, each call of which costs `units` more: for what takes much longer than evaluating a node. */
export function costly(units: number, overloads: readonly Overload[]): Overload[] {
  return overloads.map((overload) => ({
    ...overload,
    call(args, run) {
      run.spend(units);
      return overload.call(args, run);
    },
  }));
}

/** Every form of every function of an environment. */
export class FunctionTable {
  readonly #byName = new Map<string, Overload[]>();

  constructor(overloads: readonly Overload[]) {
    for (const overload of overloads) {
      const known = this.#byName.get(overload.name);
      if (known === undefined) this.#byName.set(overload.name, [overload]);
      else known.push(overload);
    }
  }

  has(name: string): boolean {
    return this.#byName.has(name);
  }

  /** The forms of a function that take `args`, as far as their kinds are known. */
  candidates(name: string, args: readonly StaticKind[]): Overload[] {
    return (this.#byName.get(name) ?? []).filter(
      ({ kinds }) =>
        kinds.length === args.length &&
        kinds.every((kind, index) => kind === "dyn" || args[index] === "dyn" || args[index] === kind),
    );
  }

  /** The form of a function for these values, or undefined. */
  find(name: string, args: readonly CelValue[]): Overload | undefined {
    return this.#byName
      .get(name)
      ?.find(
        ({ kinds }) =>
          kinds.length === args.length &&
          kinds.every((kind, index) => kind === "dyn" || kind === kindOf(args[index] ?? null)),
      );
  }
}
