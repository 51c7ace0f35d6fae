import { type Json } from "@sluice/base";
import { type BuildTrace } from "./build-trace.ts";
import { type BuildCache } from "./cache.ts";
import { type TreeInputs } from "./file-tree.ts";
import { type SchemaInUse } from "./kubernetes-schema.ts";
import { type Resource } from "./resource.ts";
import { type TransformerConfig } from "./transformer-config.ts";
import { copyVars, type Vars } from "./vars.ts";

/** What building a base gives to the kustomization that includes it. */
export interface BuiltBase {
  resources: readonly Resource[];
  config: TransformerConfig;
  vars: Vars;
  /** The schema that the build goes on with: a base may bring one. */
  schema: SchemaInUse;
}

/** A base, what building it read, and what it said and counted. */
export interface KeptBase {
  base: BuiltBase;
  inputs: TreeInputs;
  trace: BuildTrace;
  /** Values that patches, replacements and variables copied, see `CopyBudget`. */
  copies: number;
}

/** Most results that are kept for one folder under one kustomization file: of several sources, or revisions. */
const LIMIT_VARIANTS = 4;
/** What an input is counted as. */
const BYTES_PER_INPUT = 100;

/** Built bases in a cache. What goes in and comes out is copied, since overlays change the resources of their bases. */
export class BaseCache {
  readonly #cache: BuildCache;

  constructor(cache: BuildCache) {
    this.#cache = cache;
  }

  /**
   * The base that was kept under `key` and that `holds`, as a copy. Costs a look at the inputs of the results kept there
   * until one holds.
   * @param key names all that a base depends on beside its inputs.
   */
  find(key: string, holds: (kept: KeptBase) => boolean): KeptBase | undefined {
    const found = this.#cache.find<Variants>(key)?.variants.find(({ kept }) => holds(kept));
    if (found === undefined) return undefined;
    this.#cache.count("basesReused");
    return { ...found.kept, base: copied(found.kept.base) };
  }

  /** Keeps a copy of a base; of several under one key, the newest ones stay. */
  keep(key: string, built: KeptBase): void {
    this.#cache.count("basesBuilt");
    const variant = { kept: { ...built, base: copied(built.base) }, bytes: bytesOf(built) };
    const variants = [variant, ...(this.#cache.find<Variants>(key)?.variants ?? [])].slice(0, LIMIT_VARIANTS);
    const bytes = variants.reduce((sum, each) => sum + each.bytes, 0);
    this.#cache.put(key, { variants } satisfies Variants, bytes);
  }
}

interface Variants {
  variants: readonly { kept: KeptBase; bytes: number }[];
}

function copied(base: BuiltBase): BuiltBase {
  const copies = new Map(base.resources.map((resource) => [resource, resource.copy()]));
  return { ...base, resources: [...copies.values()], vars: copyVars(base.vars, copies) };
}

function bytesOf({ base, inputs }: KeptBase): number {
  const objects = base.resources.reduce((sum, resource) => sum + jsonLength(resource.value), 0);
  return objects + (inputs.files.size + inputs.directories.size) * BYTES_PER_INPUT;
}

/** About the length of a value's JSON text. */
function jsonLength(value: Json | undefined): number {
  if (typeof value === "string") return value.length + 2;
  if (typeof value !== "object" || value === null) return 5;
  let length = 2;
  if (Array.isArray(value)) for (const item of value) length += jsonLength(item) + 1;
  else for (const key of Object.keys(value)) length += key.length + 4 + jsonLength(value[key]);
  return length;
}
