import { type Steps } from "@sluice/base";
import { failure, type KustomizeError, located } from "./errors.ts";
import { flag, listOf, mapOf, optional, record, text, type Decoder } from "./decode.ts";
import { addHashes } from "./content-hash.ts";
import { fieldSpec } from "./field-spec.ts";
import { generateConfigMap, generateSecret, type GeneratorContext } from "./generators.ts";
import { describeId } from "./identity.ts";
import { imageChange, setImages } from "./images.ts";
import { generatorFields, image, patchFields, replica } from "./kustomization.ts";
import { HELM_ADVICE } from "./kustomization.ts";
import { iamPolicyFields, generateServiceAccount } from "./iam-policy.ts";
import { affixNames, setNamespace, type SubjectMode } from "./names.ts";
import { runJsonPatch, runMergePatch, runPatch, runReplacement, type PatchContext } from "./patch-entries.ts";
import { replacementFields } from "./replacement-fields.ts";
import { type Resource } from "./resource.ts";
import { setReplicas, setTexts } from "./simple-transformers.ts";
import { addValue, parseTargets, valueAddFields } from "./value-add.ts";

/**
 * The built-in plugins that the fields `generators` and `transformers` may name. Each is configured by an object of
 * apiVersion `builtin`; unknown fields of it are ignored, as in kustomize.
 * @source kustomize api/internal/builtins
 */

const loose = { ignoreUnknown: true } as const;
const specs: Decoder<ReturnType<typeof fieldSpec>[]> = (value, field) => {
  const decode = listOf(record({ group: text, version: text, kind: text, path: text, create: flag }, loose));
  return decode(value, field).map(fieldSpec);
};
const metadata = optional(record({ name: text, namespace: text }, loose));
const iamPolicy = record(iamPolicyFields, loose);
const generator = record({ ...generatorFields, type: text, metadata }, loose);

/** Makes the resource that a generator's configuration describes. @throws {KustomizeError} NOT_SUPPORTED and others */
export function runGenerator(config: Resource, context: GeneratorContext): Resource {
  const kind = builtinKind(config);
  if (kind === "IAMPolicyGenerator") return generateServiceAccount(decoded(iamPolicy, config), context);
  if (kind === "HelmChartInflationGenerator") throw notRun(config, HELM_ADVICE);
  const make =
    kind === "ConfigMapGenerator" ? generateConfigMap : kind === "SecretGenerator" ? generateSecret : undefined;
  if (make === undefined) throw unsupported(config, "is not one of the built-in generators");
  const given = decoded(generator, config);
  const name = given.name || (given.metadata?.name ?? "");
  const namespace = given.namespace || (given.metadata?.namespace ?? "");
  return make({ ...given, name, namespace }, { ...context, options: undefined });
}

type Plugin = (config: Resource, context: PatchContext) => Steps<void>;

function plugin<T>(
  decoder: Decoder<T>,
  run: (given: T, context: PatchContext, config: Resource) => Steps<void>,
): Plugin {
  return (config, context) => run(decoded(decoder, config), context, config);
}

const texts = mapOf(text);

const TRANSFORMERS: ReadonlyMap<string, Plugin> = new Map([
  [
    "PrefixTransformer",
    plugin(record({ prefix: text, fieldSpecs: specs }, loose), ({ prefix, fieldSpecs }, { set }) =>
      affixNames(set, { side: "prefix", text: prefix, specs: fieldSpecs }),
    ),
  ],
  [
    "SuffixTransformer",
    plugin(record({ suffix: text, fieldSpecs: specs }, loose), ({ suffix, fieldSpecs }, { set }) =>
      affixNames(set, { side: "suffix", text: suffix, specs: fieldSpecs }),
    ),
  ],
  [
    "PrefixSuffixTransformer",
    plugin(record({ prefix: text, suffix: text, fieldSpecs: specs }, loose), function* (given, { set }) {
      yield* affixNames(set, { side: "prefix", text: given.prefix, specs: given.fieldSpecs });
      yield* affixNames(set, { side: "suffix", text: given.suffix, specs: given.fieldSpecs });
    }),
  ],
  [
    "LabelTransformer",
    plugin(record({ labels: texts, fieldSpecs: specs }, loose), ({ labels, fieldSpecs }, { set }) =>
      setTexts(set, labels, fieldSpecs),
    ),
  ],
  [
    "AnnotationsTransformer",
    plugin(record({ annotations: texts, fieldSpecs: specs }, loose), ({ annotations, fieldSpecs }, { set }) =>
      setTexts(set, annotations, fieldSpecs),
    ),
  ],
  [
    "ImageTagTransformer",
    plugin(record({ imageTag: image, fieldSpecs: specs }, loose), ({ imageTag, fieldSpecs }, { set }) =>
      setImages(set, [imageChange(imageTag)], fieldSpecs),
    ),
  ],
  [
    "ReplicaCountTransformer",
    plugin(record({ replica, fieldSpecs: specs }, loose), ({ replica: entry, fieldSpecs }, { set }) =>
      setReplicas(set, entry, fieldSpecs),
    ),
  ],
  [
    "NamespaceTransformer",
    plugin(
      record({ metadata, fieldSpecs: specs, unsetOnly: flag, setRoleBindingSubjects: text }, loose),
      function* (given, { set }) {
        const namespace = given.metadata?.namespace ?? "";
        const { unsetOnly, fieldSpecs } = given;
        const subjects = subjectMode(given.setRoleBindingSubjects);
        if (namespace !== "") yield* setNamespace(set, { namespace, specs: fieldSpecs, unsetOnly, subjects });
      },
    ),
  ],
  ["PatchTransformer", plugin(record(patchFields, loose), (entry, cx, config) => runPatch(cx, entry, config.origin))],
  [
    "PatchStrategicMergeTransformer",
    plugin(record({ paths: listOf(text), patches: text }, loose), function* ({ paths, patches }, cx, config) {
      for (const entry of patches === "" ? paths : [...paths, patches]) yield* runMergePatch(cx, entry, config.origin);
    }),
  ],
  [
    "PatchJson6902Transformer",
    plugin(record({ ...patchFields, jsonOp: text }, loose), (entry, cx, config) =>
      runJsonPatch(cx, { ...entry, patch: entry.jsonOp }, config.origin),
    ),
  ],
  [
    "ReplacementTransformer",
    plugin(
      record({ replacements: listOf(record({ ...replacementFields, path: text }, loose)) }, loose),
      function* (given, cx, config) {
        for (const entry of given.replacements) yield* runReplacement(cx, entry, config.origin);
      },
    ),
  ],
  [
    "ValueAddTransformer",
    plugin(record(valueAddFields, loose), function* ({ value, targets, targetFilePath }, cx) {
      yield;
      const more = targetFilePath === "" ? [] : targetsOfFile(cx, targetFilePath);
      addValue(cx.set, { value: value.trim() || folderName(cx), targets: [...targets, ...more] });
    }),
  ],
  ["HashTransformer", (_, { set }) => addHashes(set)],
]);

/** Runs the transformer that an object configures. @throws {KustomizeError} NOT_SUPPORTED and what the transformer throws */
export function* runTransformer(config: Resource, context: PatchContext): Steps<void> {
  const run = TRANSFORMERS.get(builtinKind(config));
  if (run === undefined) throw unsupported(config, "is not one of the built-in transformers");
  context.budget.spendChanges(context.set.resources.length);
  yield* run(config, context);
}

function targetsOfFile(cx: PatchContext, path: string) {
  const { path: file, text: content } = cx.readText(path);
  return parseTargets(content, file);
}

function folderName({ folder }: PatchContext): string {
  const name = folder.slice(folder.lastIndexOf("/") + 1);
  if (name !== "") return name;
  throw failure("KUSTOMIZATION_INVALID", 'field "value" is due: the top of the tree has no name');
}

function builtinKind(config: Resource): string {
  if (config.apiVersion === "builtin") return config.kind;
  const isFunction = FUNCTION_ANNOTATIONS.some((name) => config.annotations.has(name));
  throw notRun(config, isFunction ? FUNCTION_ADVICE : PLUGIN_ADVICE);
}

/** Annotations that make an object the configuration of a container or program. */
const FUNCTION_ANNOTATIONS = ["config.kubernetes.io/function", "config.k8s.io/function"];
const FUNCTION_ADVICE = "it is a KRM function, which runs a container or a program: run it beforehand";
const PLUGIN_ADVICE = "it is not of apiVersion builtin but a program or a Go plugin: run it beforehand";

function notRun(config: Resource, advice: string): KustomizeError {
  const fact = `plugin ${describeId(config.id)} is not run: ${advice} and commit what it makes`;
  return failure("NOT_SUPPORTED", fact, { place: config.origin });
}

function unsupported(config: Resource, fact: string): KustomizeError {
  return failure("NOT_SUPPORTED", `plugin ${describeId(config.id)} ${fact}`, { place: config.origin });
}

function decoded<T>(decoder: Decoder<T>, config: Resource): T {
  return located(config.origin, () => decoder(config.value, ""));
}

function subjectMode(given: string): SubjectMode {
  if (given === "") return "defaultOnly";
  if (given === "defaultOnly" || given === "allServiceAccounts" || given === "none") return given;
  throw failure("KUSTOMIZATION_INVALID", `setRoleBindingSubjects must not be "${given}"`);
}
