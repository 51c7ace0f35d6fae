import { parseYaml, YamlError, type Json } from "@sluice/base";
import { flag, listOf, record, text } from "./decode.ts";
import { failure, KustomizeError } from "./errors.ts";
import { fieldSpec, type FieldSpec } from "./field-spec.ts";
import { fieldSpecsJson } from "./generated/field-specs.ts";
import { gvkOrder, KINDS_FIRST, KINDS_LAST, selectsGvk, type Gvk } from "./identity.ts";

/** Fields that hold the name of a resource of some kind. */
export interface NameReference extends Gvk {
  fieldSpecs: FieldSpec[];
}

/** The fields that each transformer works on. */
export interface TransformerConfig {
  namePrefix: FieldSpec[];
  nameSuffix: FieldSpec[];
  namespace: FieldSpec[];
  commonLabels: FieldSpec[];
  labels: FieldSpec[];
  templateLabels: FieldSpec[];
  commonAnnotations: FieldSpec[];
  varReference: FieldSpec[];
  images: FieldSpec[];
  replicas: FieldSpec[];
  nameReference: NameReference[];
}

const gvkFields = { group: text, version: text, kind: text };
const decodeSpec = record({ ...gvkFields, path: text, create: flag });
const fieldSpecs = listOf((value: Json, field) => fieldSpec(decodeSpec(value, field)));
const decodeConfig = record({
  namePrefix: fieldSpecs,
  nameSuffix: fieldSpecs,
  namespace: fieldSpecs,
  commonLabels: fieldSpecs,
  labels: fieldSpecs,
  templateLabels: fieldSpecs,
  commonAnnotations: fieldSpecs,
  varReference: fieldSpecs,
  images: fieldSpecs,
  replicas: fieldSpecs,
  nameReference: listOf(record({ ...gvkFields, fieldSpecs })),
});

/** A config of no fields. */
export function emptyConfig(): TransformerConfig {
  return {
    namePrefix: [],
    nameSuffix: [],
    namespace: [],
    commonLabels: [],
    labels: [],
    templateLabels: [],
    commonAnnotations: [],
    varReference: [],
    images: [],
    replicas: [],
    nameReference: [],
  };
}

/** A spec of the generated table, which leaves out what is blank. */
type TableSpec = Partial<Gvk> & { path: string; create?: boolean };

type Table = Partial<Record<Exclude<keyof TransformerConfig, "nameReference">, TableSpec[]>> & {
  nameReference: (Partial<Gvk> & { fieldSpecs: TableSpec[] })[];
};

/** The field specs that kustomize has compiled in. The table is in the order, and as free of doubles, as merging leaves it. */
export function defaultConfig(): TransformerConfig {
  const { nameReference, ...lists } = JSON.parse(fieldSpecsJson) as Table;
  const blank = { group: "", version: "", kind: "" };
  const specs = (given: readonly TableSpec[]) => given.map((spec) => fieldSpec({ ...blank, create: false, ...spec }));
  const config = emptyConfig();
  for (const [name, list] of Object.entries(lists)) config[name as keyof typeof lists] = specs(list);
  config.nameReference = nameReference.map((each) => ({ ...blank, ...each, fieldSpecs: specs(each.fieldSpecs) }));
  return config;
}

/**
 * Reads a file that the field `configurations` names.
 * @throws {KustomizeError} KUSTOMIZATION_INVALID with the file.
 */
export function parseConfig(content: string, file: string): TransformerConfig {
  try {
    return decodeConfig(parseYaml(content, { dialect: "sigs" }), "");
  } catch (thrown) {
    if (!(thrown instanceof YamlError) && !(thrown instanceof KustomizeError)) throw thrown;
    throw failure("KUSTOMIZATION_INVALID", thrown.message, { place: { file }, cause: thrown });
  }
}

/**
 * The specs of both, without doubles, in kustomize's order of kinds.
 * @throws {KustomizeError} KUSTOMIZATION_INVALID if two specs of one path disagree on creating it.
 * @source kustomize api/internal/plugins/builtinconfig `TransformerConfig.Merge`
 */
export function mergeConfigs(a: TransformerConfig, b: TransformerConfig): TransformerConfig {
  if (a === b) return a;
  const merged = (pick: (config: TransformerConfig) => FieldSpec[]) => sorted(mergeSpecs(pick(a), pick(b)));
  return {
    namePrefix: merged((config) => config.namePrefix),
    nameSuffix: merged((config) => config.nameSuffix),
    namespace: merged((config) => config.namespace),
    commonLabels: merged((config) => config.commonLabels),
    labels: merged((config) => config.labels),
    templateLabels: merged((config) => config.templateLabels),
    commonAnnotations: merged((config) => config.commonAnnotations),
    varReference: merged((config) => config.varReference),
    images: merged((config) => config.images),
    replicas: merged((config) => config.replicas),
    nameReference: sorted(mergeReferences(a.nameReference, b.nameReference)),
  };
}

/** Adds each of `incoming` to `specs` unless a spec that is at least as narrow has its path. */
export function mergeSpecs(specs: readonly FieldSpec[], incoming: readonly FieldSpec[]): FieldSpec[] {
  const result = [...specs];
  const byPath = grouped(specs, ({ path }) => path);
  for (const spec of incoming) {
    const same = byPath.get(spec.path)?.find((each) => selectsGvk(spec, each));
    if (same === undefined) {
      result.push(spec);
      addTo(byPath, spec.path, spec);
    } else if (same.create !== spec.create) {
      throw failure(
        "KUSTOMIZATION_INVALID",
        `conflicting field specs for "${spec.path}": one creates it, one does not`,
      );
    }
  }
  return result;
}

function mergeReferences(a: readonly NameReference[], b: readonly NameReference[]): NameReference[] {
  const additions = grouped(b, gvkText);
  const result = a.map((reference) => {
    const key = gvkText(reference);
    const others = additions.get(key) ?? [];
    additions.delete(key);
    return withSpecsOf(reference, others);
  });
  for (const [first, ...rest] of additions.values()) if (first !== undefined) result.push(withSpecsOf(first, rest));
  return result;
}

function withSpecsOf(reference: NameReference, others: readonly NameReference[]): NameReference {
  if (others.length === 0) return { ...reference };
  const incoming = others.flatMap(({ fieldSpecs }) => fieldSpecs);
  return { ...reference, fieldSpecs: mergeSpecs(reference.fieldSpecs, incoming) };
}

function gvkText({ group, version, kind }: Gvk): string {
  return JSON.stringify([group, version, kind]);
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) addTo(groups, keyOf(item), item);
  return groups;
}

function addTo<T>(groups: Map<string, T[]>, key: string, item: T): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [item]);
  else group.push(item);
}

function sorted<T extends Gvk>(items: T[]): T[] {
  return items.sort(gvkOrder(KINDS_FIRST, KINDS_LAST));
}
