/** One kustomization with its files: a plan that is drawn, and what becomes of it once it knows what it builds on. */
import fc from "fast-check";
import { generatedBy, generator, generatorEntries, generatorOptions } from "./generators.ts";
import { anyManifest, type Manifest } from "./kinds.ts";
import { manifestFiles, manifestForm } from "./manifest-files.ts";
import { oldJsonPatchFor, oldMergePatchFor, patchEntry, patchFor, style } from "./patches.ts";
import { type Made, one, some, sometimes } from "./pick.ts";
import { generatorPlugin, generatorPluginFor, transformer, transformerFor } from "./plugins.ts";
import { replacement, replacementFor, variable, variableFor } from "./replacements.ts";
import { type Generated, type Scope } from "./scope.ts";
import {
  configurations,
  crdTypes,
  openapiSchema,
  replicaEntry,
  replicasFor,
  settings,
  sortOptions,
} from "./settings.ts";
import { type Mapping, type Value, writeYaml } from "./yaml-text.ts";

/** Fields that refer to resources. */
const references = fc.record({
  patches: sometimes(some(patchEntry, 2), 3),
  patchesStrategicMerge: sometimes(some(patchEntry, 1), 10),
  patchesJson6902: sometimes(some(patchEntry, 1), 10),
  replicas: sometimes(some(replicaEntry, 2), 6),
  replacements: sometimes(some(replacement, 2), 8),
  vars: sometimes(some(variable, 2), 9),
  transformers: sometimes(some(transformer, 2), 9),
});

const generators = fc.record({
  configMapGenerator: sometimes(some(generator, 2), 3),
  secretGenerator: sometimes(some(generator, 2), 4),
  generatorOptions: sometimes(generatorOptions, 4),
  generators: sometimes(some(generatorPlugin, 1), 10),
});

const schemas = fc.record({
  configurations: sometimes(configurations, 6),
  crds: sometimes(fc.constant(crdTypes), 14),
  openapi: sometimes(one("path", "version"), 16),
});

/** How the kustomization file itself is written. */
const form = fc.record({
  fileName: one("kustomization.yaml", "kustomization.yml", "Kustomization"),
  header: one("none", "both", "kind"),
  oddCase: sometimes(fc.constant(true), 20),
  mark: sometimes(one("bom", "crlf", "comment", "second document"), 12),
  style,
});

/** A kustomization of `least` to `most` manifests of its own. */
export function layer(least: number, most: number) {
  return fc.record({
    manifests: fc.array(anyManifest, { minLength: least, maxLength: most }),
    manifestForm,
    settings,
    references,
    generators,
    schemas,
    sortOptions: sometimes(sortOptions, 8),
    form,
  });
}
export type Layer = Made<ReturnType<typeof layer>>;

/** What a kustomization builds on. */
export interface Below {
  /** Paths of bases and of components, relative to its folder. */
  bases: readonly string[];
  components?: readonly string[];
  isComponent?: boolean;
  /** Whether it lists bases in the field `bases`. */
  oldBases?: boolean;
  manifests: readonly Manifest[];
  generated: readonly Generated[];
}

/** A kustomization's files by name, and what those above it may refer to. */
export interface Laid {
  files: Record<string, string | Uint8Array>;
  manifests: readonly Manifest[];
  generated: readonly Generated[];
}

/** Writes the files of a kustomization. `name` is that of its folder. */
export function lay(plan: Layer, name: string, below: Below): Laid {
  const files: Laid["files"] = {};
  const scope: Scope = {
    manifests: [...below.manifests, ...plan.manifests],
    generated: below.generated,
    layer: name.toUpperCase(),
    write: (file, content) => {
      files[file] = content;
      return file;
    },
  };
  const resources = manifestFiles(plan.manifests, plan.manifestForm, scope);
  const maps = generatorEntries("ConfigMap", plan.generators.configMapGenerator ?? [], scope);
  const secrets = generatorEntries("Secret", plan.generators.secretGenerator ?? [], scope);
  const kustomization: Mapping = {
    ...header(plan, below),
    ...plan.settings,
    ...baseFields(below, resources),
    configMapGenerator: filled(maps),
    secretGenerator: filled(secrets),
    generatorOptions: plan.generators.generatorOptions,
    generators: mapped(plan.generators.generators, (each, index) => generatorPluginFor(each, index, scope)),
    ...referenceFields(plan, scope),
    ...schemaFields(plan, scope),
    sortOptions: plan.sortOptions,
  };
  files[plan.form.fileName] = kustomizationText(kustomization, plan);
  const generated = [...generatedBy("ConfigMap", maps), ...generatedBy("Secret", secrets)];
  return { files, manifests: scope.manifests, generated: [...below.generated, ...generated] };
}

function header({ form: { header: how } }: Layer, { isComponent }: Below): Mapping {
  if (isComponent === true) return { apiVersion: "kustomize.config.k8s.io/v1alpha1", kind: "Component" };
  if (how === "none") return {};
  const apiVersion = how === "both" ? "kustomize.config.k8s.io/v1beta1" : undefined;
  return { apiVersion, kind: "Kustomization" };
}

function baseFields({ bases, components, oldBases }: Below, resources: readonly string[]): Mapping {
  return {
    bases: oldBases === true ? filled(bases) : undefined,
    resources: filled(oldBases === true ? resources : [...bases, ...resources]),
    components: filled(components ?? []),
  };
}

function referenceFields({ references: given }: Layer, scope: Scope): Mapping {
  return {
    patchesStrategicMerge: mapped(given.patchesStrategicMerge, (each, index) => oldMergePatchFor(each, index, scope)),
    patches: mapped(given.patches, (each, index) => patchFor(each, index, scope)),
    patchesJson6902: mapped(given.patchesJson6902, (each, index) => oldJsonPatchFor(each, index, scope)),
    replicas: mapped(given.replicas, (each) => replicasFor(each, scope)),
    replacements: mapped(given.replacements, (each, index) => replacementFor(each, index, scope)),
    vars: mapped(given.vars, (each, index) => variableFor(each, index, scope)),
    transformers: mapped(given.transformers, (each, index) => transformerFor(each, index, scope)),
  };
}

function schemaFields({ schemas: given }: Layer, scope: Scope): Mapping {
  const schema = () => scope.write("schema.json", `${JSON.stringify(openapiSchema)}\n`);
  const openapi = { path: () => ({ path: schema() }), version: () => ({ version: "v1.21.2" }) };
  return {
    configurations: mapped(given.configurations, (each, index) => scope.write(`config-${index}.yaml`, writeYaml(each))),
    crds: given.crds === undefined ? undefined : [scope.write("crds.yaml", writeYaml(given.crds))],
    openapi: given.openapi === undefined ? undefined : openapi[given.openapi](),
  };
}

function mapped<T>(plans: readonly T[] | undefined, make: (each: T, index: number) => Value): Value {
  return filled((plans ?? []).map(make).filter((each) => each !== undefined));
}

/** The list, or nothing if it is empty. */
function filled(list: readonly Value[]): readonly Value[] | undefined {
  return list.length === 0 ? undefined : list;
}

function kustomizationText(given: Mapping, { form: { oddCase, mark, style: how } }: Layer): string {
  const fields = Object.entries(given).map(([key, value]) => [oddCase === true ? key.toUpperCase() : key, value]);
  const text = writeYaml(Object.fromEntries(fields) as Mapping, how);
  if (mark === "bom") return `\ufeff${text}`;
  if (mark === "crlf") return text.replaceAll("\n", "\r\n");
  if (mark === "comment") return `# a comment\n---\n${text}# the end\n`;
  return mark === "second document" ? `${text}---\nignored: true\n` : text;
}
