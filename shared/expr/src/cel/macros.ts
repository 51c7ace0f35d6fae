import { CelSyntaxError, type Fold, type FoldMacro, type Node } from "./syntax.ts";

/** A macro by the name it is called and the number of its arguments. */
interface MacroForm {
  readonly macro: FoldMacro;
  /** How many of the arguments are names of variables. */
  readonly names: number;
}

const FORMS: ReadonlyMap<string, MacroForm> = new Map<string, MacroForm>([
  ["all/2", { macro: "all", names: 1 }],
  ["all/3", { macro: "all", names: 2 }],
  ["exists/2", { macro: "exists", names: 1 }],
  ["exists/3", { macro: "exists", names: 2 }],
  ["exists_one/2", { macro: "existsOne", names: 1 }],
  ["existsOne/3", { macro: "existsOne", names: 2 }],
  ["map/2", { macro: "map", names: 1 }],
  ["map/3", { macro: "map", names: 1 }],
  ["filter/2", { macro: "filter", names: 1 }],
  ["transformList/3", { macro: "transformList", names: 2 }],
  ["transformList/4", { macro: "transformList", names: 2 }],
  ["transformMap/3", { macro: "transformMap", names: 2 }],
  ["transformMap/4", { macro: "transformMap", names: 2 }],
  ["transformMapEntry/3", { macro: "transformMapEntry", names: 2 }],
  ["transformMapEntry/4", { macro: "transformMapEntry", names: 2 }],
  ["sortBy/2", { macro: "sortBy", names: 1 }],
  ["optMap/2", { macro: "optMap", names: 1 }],
  ["optFlatMap/2", { macro: "optFlatMap", names: 1 }],
]);

/**
 * The macro that the method call `name(args)` is, or undefined.
 * @throws {CelSyntaxError} if an argument that must be a variable is none, or both variables are the same.
 */
export function foldOf(
  name: string,
  args: readonly Node[],
): Pick<Fold, "kind" | "macro" | "names" | "bodies"> | undefined {
  const form = FORMS.get(`${name}/${args.length}`);
  if (form === undefined) return undefined;
  const names = args.slice(0, form.names).map((arg) => variableName(arg, name));
  if (new Set(names).size < names.length) {
    throw new CelSyntaxError(`variables of ${name}() must differ`, args[0]?.at ?? 0);
  }
  return { kind: "fold", macro: form.macro, names, bodies: args.slice(form.names) };
}

function variableName(arg: Node, macro: string): string {
  if (arg.kind !== "name") throw new CelSyntaxError(`argument of ${macro}() must be a simple name`, arg.at);
  return arg.name;
}
