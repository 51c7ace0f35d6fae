import { isObject, type Json, ownKey, parseYamlStream, YamlError } from "@sluice/base";
import { anything, type Decoder, flag, integer, listOf, mapOf, optional, record, text } from "./decode.ts";
import { failure, KustomizeError } from "./errors.ts";
import { replacementFields, selectorFields } from "./replacement-fields.ts";
import { varFields } from "./vars.ts";

const fieldSpec = record({ group: text, version: text, kind: text, path: text, create: flag });
const options = record({
  labels: mapOf(text),
  annotations: mapOf(text),
  disableNameSuffixHash: flag,
  immutable: flag,
});
/** The fields that both generators have. */
export const generatorFields = {
  name: text,
  namespace: text,
  behavior: text,
  literals: listOf(text),
  files: listOf(text),
  envs: listOf(text),
  env: text,
  options: optional(options),
};
const selector = record(selectorFields);
/** The fields of a patch. */
export const patchFields = {
  path: text,
  patch: text,
  target: optional(selector),
  options: optional(record({ allowNameChange: flag, allowKindChange: flag })),
};
const patch = record(patchFields);
/** Changes to an image. */
export const image = record({ name: text, newName: text, tagSuffix: text, newTag: text, digest: text });
/** A number of replicas. */
export const replica = record({ name: text, count: integer });
const sortOptions = record({
  order: text,
  legacySortOptions: optional(record({ orderFirst: listOf(text), orderLast: listOf(text) })),
});

const kustomization = record({
  apiVersion: text,
  kind: text,
  metadata: optional(record({ name: text, namespace: text, labels: mapOf(text), annotations: mapOf(text) })),
  namePrefix: text,
  nameSuffix: text,
  namespace: text,
  commonLabels: mapOf(text),
  labels: listOf(
    record({ pairs: mapOf(text), includeSelectors: flag, includeTemplates: flag, fields: listOf(fieldSpec) }),
  ),
  commonAnnotations: mapOf(text),
  patchesStrategicMerge: listOf(text),
  patchesJson6902: listOf(patch),
  patches: listOf(patch),
  images: listOf(image),
  imageTags: listOf(image),
  replicas: listOf(replica),
  sortOptions: optional(sortOptions),
  resources: listOf(text),
  components: listOf(text),
  bases: listOf(text),
  configMapGenerator: listOf(record(generatorFields)),
  secretGenerator: listOf(record({ ...generatorFields, type: text })),
  generatorOptions: optional(options),
  configurations: listOf(text),
  openapi: mapOf(text),
  replacements: listOf(record({ ...replacementFields, path: text })),
  vars: listOf(record(varFields)),
  crds: listOf(text),
  generators: listOf(text),
  transformers: listOf(text),
  validators: listOf(text),
  buildMetadata: listOf(text),
  helmGlobals: anything,
  helmCharts: anything,
  helmChartInflationGenerator: anything,
});

/** What to do instead of letting kustomize call Helm. */
export const HELM_ADVICE = 'Helm is not called: render the chart beforehand with "helm template"';
const LIST_IT = ' and list what it prints under "resources"';
/** Fields that are known but not built; one that is set is refused, never ignored. */
const UNSUPPORTED = ["helmCharts", "helmChartInflationGenerator", "helmGlobals"] as const;

const DEPRECATED: readonly (readonly [field: string, instead: string])[] = [
  ["bases", "resources"],
  ["commonLabels", "labels"],
  ["imageTags", "images"],
  ["patchesJson6902", "patches"],
  ["patchesStrategicMerge", "patches"],
  ["vars", "replacements"],
];

type Of<D> = D extends Decoder<infer T> ? T : never;
/** The content of a kustomization file; legacy spellings are folded into the current ones. */
export type Kustomization = Of<typeof kustomization>;
export type PatchEntry = Of<typeof patch>;
export type ImageEntry = Of<typeof image>;
export type LabelEntry = Kustomization["labels"][number];
export type GeneratorOptions = Of<typeof options>;
export type ConfigMapEntry = Kustomization["configMapGenerator"][number];
export type SecretEntry = Kustomization["secretGenerator"][number];
export type SortOptions = Of<typeof sortOptions>;
export type ReplicaEntry = Kustomization["replicas"][number];

const API_VERSIONS: ReadonlyMap<string, string> = new Map([
  ["Kustomization", "kustomize.config.k8s.io/v1beta1"],
  ["Component", "kustomize.config.k8s.io/v1alpha1"],
]);

/** A kustomization and the warnings that its deprecated fields deserve. */
export interface ParsedKustomization {
  kustomization: Kustomization;
  warnings: string[];
}

/**
 * Reads a kustomization file: YAML 1.1 scalars, unknown fields refused, field names in any case, a repeated key's last
 * value, only the first document.
 * @throws {KustomizeError} KUSTOMIZATION_INVALID or NOT_SUPPORTED, with the file and where possible the line.
 * @source kustomize api/types `Kustomization.Unmarshal`, `FixKustomization`, `EnforceFields`
 */
export function parseKustomization(content: string, file: string): ParsedKustomization {
  try {
    const [document] = parseYamlStream(content, { dialect: "sigs", duplicateKeys: "last" });
    const value = document?.value ?? null;
    const decoded = kustomization(value, "");
    refuse(decoded, value);
    return { kustomization: folded(decoded), warnings: deprecations(value) };
  } catch (thrown) {
    throw placed(thrown, file);
  }
}

function placed(thrown: unknown, file: string): unknown {
  if (thrown instanceof YamlError) {
    const line = "line" in thrown.data ? { line: thrown.data.line } : {};
    return failure("KUSTOMIZATION_INVALID", thrown.message, { place: { file, ...line }, cause: thrown });
  }
  if (!(thrown instanceof KustomizeError) || thrown.data.place !== undefined) return thrown;
  return failure(thrown.code, thrown.message, { place: { file } });
}

function refuse(decoded: Kustomization, value: Json): void {
  if (isEmpty(value)) throw failure("KUSTOMIZATION_INVALID", "the kustomization is empty");
  const kind = decoded.kind || "Kustomization";
  const wanted = API_VERSIONS.get(kind);
  if (wanted === undefined)
    throw failure("KUSTOMIZATION_INVALID", `kind must be Kustomization or Component, not "${kind}"`);
  if (decoded.apiVersion !== "" && decoded.apiVersion !== wanted) {
    throw failure("KUSTOMIZATION_INVALID", `apiVersion for ${kind} must be ${wanted}, not "${decoded.apiVersion}"`);
  }
  for (const name of UNSUPPORTED) {
    if (isSet(decoded[name])) throw failure("NOT_SUPPORTED", `field "${name}" is not built: ${HELM_ADVICE}${LIST_IT}`);
  }
}

function isEmpty(value: Json): boolean {
  if (!isObject(value)) return true;
  return Object.entries(value).every(([key, each]) => {
    const name = key.toLowerCase();
    // The old spellings of lists are folded into the new ones before kustomize looks.
    const isFolded = (name === "bases" || name === "imagetags") && Array.isArray(each) && each.length === 0;
    return name === "kind" || name === "apiversion" || each === null || each === "" || isFolded;
  });
}

function isSet(value: Json): boolean {
  if (value === null) return false;
  return Array.isArray(value) ? value.length > 0 : !isObject(value) || Object.keys(value).length > 0;
}

function deprecations(value: Json): string[] {
  if (!isObject(value)) return [];
  return DEPRECATED.filter(([field]) => (ownKey(value, field) ?? null) !== null).map(
    ([field, instead]) => `"${field}" is deprecated; use "${instead}"`,
  );
}

function folded(decoded: Kustomization): Kustomization {
  return {
    ...decoded,
    kind: decoded.kind || "Kustomization",
    resources: [...decoded.resources, ...decoded.bases],
    images: [...decoded.images, ...decoded.imageTags],
    configMapGenerator: decoded.configMapGenerator.map(withEnv),
    secretGenerator: decoded.secretGenerator.map(withEnv),
  };
}

function withEnv<T extends { envs: string[]; env: string }>(entry: T): T {
  return entry.env === "" ? entry : { ...entry, envs: [...entry.envs, entry.env], env: "" };
}
