import { isObject, type Json, type JsonObject, ownKey, parsePlainScalar, type ScalarTexts, setKey } from "@sluice/base";
import { type CopyBudget } from "./copy-budget.ts";
import { type KubernetesSchema, type TypeSchema } from "./kubernetes-schema.ts";
import { MergeError, mergeElements } from "./list-merge.ts";
import { isMissing, nodeKind, textOf } from "./node.ts";
import { noteText } from "./scalar-texts.ts";
import { type SharedEntries } from "./shared-entries.ts";

/**
 * Merges a strategic merge patch into `target` in place. Parts of `patch` become parts of the result, and its directives
 * are taken out of it: pass a copy.
 * @returns the result, or undefined if the patch deletes the whole object.
 * @throws {MergeError} if the two differ in structure, or for an unknown `$patch` directive.
 * @source kustomize kyaml/yaml/merge2 and kyaml/yaml/walk
 */
export function strategicMerge(target: Json, patch: Json, context: MergeContext): Json | undefined {
  return new Merge(context).walk(target, patch, undefined);
}

/** What merging goes by. */
export interface MergeContext {
  schema: KubernetesSchema;
  /** How the scalars of both were written, where their values do not tell. */
  texts?: ScalarTexts | undefined;
  /** Members of the target that are one. */
  shared?: SharedEntries | undefined;
  /** Pays for lists that must be merged by matching each element with each. */
  budget?: CopyBudget | undefined;
}

type Directive = "merge" | "delete" | "replace";

/** One walk over a target and a patch. `undefined` is a value that is not there, and as a result: remove it. */
class Merge {
  readonly #schema: KubernetesSchema;
  readonly #texts: ScalarTexts | undefined;

  readonly #shared: SharedEntries | undefined;
  readonly #budget: CopyBudget | undefined;

  constructor({ schema, texts, shared, budget }: MergeContext) {
    this.#schema = schema;
    this.#shared = shared;
    this.#texts = texts;
    this.#budget = budget;
  }

  walk(target: Json | undefined, patch: Json | undefined, inherited: TypeSchema | undefined): Json | undefined {
    const kind = nodeKind(target) ?? nodeKind(patch);
    if (kind !== undefined) demandKind(target, patch, kind);
    const type = inherited ?? this.#typeOfObject(target) ?? this.#typeOfObject(patch);
    if (kind === "scalar") return patch === undefined ? target : patch;
    if (kind !== "list") return this.#mapping(target, patch, type);
    if (type?.mergeKeys === undefined) return patch === undefined ? target : patch;
    return this.#list(target, patch, type);
  }

  /** An object inside a field without a schema brings its own. */
  #typeOfObject(value: Json | undefined): TypeSchema | undefined {
    if (!isObject(value)) return undefined;
    const [apiVersion, kind] = [textOf(ownKey(value, "apiVersion")), textOf(ownKey(value, "kind"))];
    return apiVersion === "" || kind === "" ? undefined : this.#schema.typeOf(apiVersion, kind);
  }

  #mapping(target: Json | undefined, patch: Json | undefined, type: TypeSchema | undefined): Json | undefined {
    const base = startingMapping(target, patch);
    if (!isObject(base)) return base;
    const overlay = isObject(patch) ? patch : undefined;
    for (const key of new Set([...Object.keys(base), ...Object.keys(overlay ?? {})])) {
      const [old, change] = [ownKey(base, key), overlay === undefined ? undefined : ownKey(overlay, key)];
      const value = this.#requoted(old, this.walk(old, change, type?.field(key)), { overlay, key });
      const keepsNull = value === null && old === null && change === undefined && !this.#isBlank(base, key);
      if (change !== undefined && base !== overlay) this.#noteText(base, key, overlay);
      if (isMissing(value) && !keepsNull) {
        delete base[key];
        this.#shared?.remove(base, key);
      } else if (value !== old && this.#shared !== undefined) this.#shared.set(base, key, value);
      else setKey(base, key, value);
    }
    return base;
  }

  /** A member without any value, as in `key:`. A merge takes it away, but leaves one that says `null`. */
  #isBlank(mapping: JsonObject, key: string): boolean {
    return this.#texts?.get(mapping)?.get(key) === "";
  }

  #noteText(mapping: JsonObject, key: string, overlay: JsonObject | undefined): void {
    if (this.#texts === undefined) return;
    noteText(mapping, key, { text: overlay && this.#texts.get(overlay)?.get(key), texts: this.#texts });
  }

  /** A scalar keeps the quotes of the one that it takes the place of, so that a number or boolean may become a text. */
  #requoted(
    old: Json | undefined,
    value: Json | undefined,
    { overlay, key }: { overlay: JsonObject | undefined; key: string },
  ): Json | undefined {
    if (typeof old !== "string" || isMissing(value) || typeof value === "object" || typeof value === "string")
      return value;
    if (!needsQuotes(old)) return value;
    return (overlay && this.#texts?.get(overlay)?.get(key)) ?? textOf(value);
  }

  #list(target: Json | undefined, patch: Json | undefined, type: TypeSchema): Json | undefined {
    const base = startingList(target, patch);
    if (base === undefined) return undefined;
    const overlay = Array.isArray(patch) ? patch : undefined;
    const elements = type.elements();
    const merge = (old: Json | undefined, change: Json | undefined) => this.walk(old, change, elements);
    const beforeMatching = (pairs: number) => this.#budget?.spendPairs(pairs);
    return mergeElements({ target: base, patch: overlay, keys: type.mergeKeys ?? [], merge, beforeMatching });
  }
}

/** True for a text that cannot stand unquoted. Others may have been quoted, too; they are taken for plain. */
function needsQuotes(text: string): boolean {
  return /^$|^[\s\-?:,[\]{}#&*!|>'"%@`]|[\n\t]|: |:$| #|\s$/.test(text) || typeof parsePlainScalar(text) !== "string";
}

function demandKind(target: Json | undefined, patch: Json | undefined, kind: string): void {
  for (const value of [target, patch]) {
    const got = nodeKind(value);
    if (got !== undefined && got !== kind) throw new MergeError(`a ${got} where a ${kind} is due`);
  }
}

/** The mapping that merging goes on with, or the value that settles it. */
function startingMapping(target: Json | undefined, patch: Json | undefined): Json | undefined {
  if (isMissing(target)) {
    if (patch === undefined) return target;
    return isObject(patch) && takeDirective(patch) === "delete" ? undefined : patch;
  }
  if (patch === null) return undefined;
  if (!isObject(patch)) return target;
  const directive = takeDirective(patch);
  if (directive === "delete") return undefined;
  return directive === "replace" ? patch : target;
}

function startingList(target: Json | undefined, patch: Json | undefined): Json[] | undefined {
  if (!Array.isArray(target)) return Array.isArray(patch) ? patch : undefined;
  if (patch === null) return undefined;
  if (!Array.isArray(patch)) return target;
  const directive = takeListDirective(patch);
  if (directive === "delete") return undefined;
  return directive === "replace" ? patch : target;
}

function takeDirective(patch: JsonObject): Directive {
  const given = ownKey(patch, "$patch");
  if (given === undefined) return "merge";
  const directive = directiveOf(given);
  delete patch["$patch"];
  return directive;
}

/** A list's directive is an element with nothing but `$patch`. */
function takeListDirective(patch: Json[]): Directive {
  const carrier = patch.find((item) => isObject(item) && ownKey(item, "$patch") !== undefined);
  if (!isObject(carrier) || Object.keys(carrier).length > 1) return "merge";
  const given = ownKey(carrier, "$patch") ?? null;
  const directive = directiveOf(given);
  const rest = patch.filter((item) => !(isObject(item) && textOf(ownKey(item, "$patch")) === textOf(given)));
  patch.splice(0, patch.length, ...rest);
  return directive;
}

function directiveOf(value: Json): Directive {
  const text = textOf(value);
  if (text === "merge" || text === "delete" || text === "replace") return text;
  throw new MergeError(`unknown patch strategy "${text}"`);
}
