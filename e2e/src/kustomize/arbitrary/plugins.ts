import fc from "fast-check";
import { generator, generatorEntries, generatorOptions } from "./generators.ts";
import { isExact, jsonPatch, jsonPatchFor, mergePatch, mergePatchFor, targeting, targetOf } from "./patches.ts";
import { choice, either, type Made, mapping, nth, one, sometimes } from "./pick.ts";
import { replacement, replacementFor } from "./replacements.ts";
import { namespace } from "./scalars.ts";
import { type Scope } from "./scope.ts";
import { imageEntry, replicaEntry, replicasFor } from "./settings.ts";
import { type Mapping, writeYaml } from "./yaml-text.ts";

/** Makes the configuration of a plugin for a scope; undefined if there is nothing that it could work on. */
type Plan = (scope: Scope) => Mapping | undefined;

function plan<T>(arbitrary: fc.Arbitrary<T>, make: (made: T, scope: Scope) => Mapping | undefined): fc.Arbitrary<Plan> {
  return arbitrary.map((made) => (scope: Scope) => make(made, scope));
}

function plugin(kind: string, rest: Mapping): Mapping {
  return { apiVersion: "builtin", kind, metadata: { name: "notImportantHere" }, ...rest };
}

const labelSpecs = one<readonly Mapping[]>(
  [{ path: "metadata/labels", create: true }],
  [
    { path: "spec/template/metadata/labels", create: true, kind: "Deployment" },
    { path: "spec/selector", version: "v1", kind: "Service" },
  ],
);
const pairs = mapping(["t", "app"], one("1", "x"), 2);
const nameSpecs = [{ path: "metadata/name" }];

const simple: fc.Arbitrary<Plan> = either<Plan>(
  plan(one("t-", ""), (prefix) => plugin("PrefixTransformer", { prefix, fieldSpecs: nameSpecs })),
  plan(one("-u"), (suffix) => plugin("SuffixTransformer", { suffix, fieldSpecs: nameSpecs })),
  plan(one("t-"), (prefix) => plugin("PrefixSuffixTransformer", { prefix, suffix: "-v", fieldSpecs: nameSpecs })),
  plan(fc.tuple(pairs, labelSpecs), ([labels, fieldSpecs]) => plugin("LabelTransformer", { labels, fieldSpecs })),
  plan(pairs, (annotations) =>
    plugin("AnnotationsTransformer", { annotations, fieldSpecs: [{ path: "metadata/annotations", create: true }] }),
  ),
  plan(imageEntry, (imageTag) =>
    plugin("ImageTagTransformer", {
      imageTag,
      fieldSpecs: [{ path: "spec/template/spec/containers[]/image" }, { path: "spec/image" }],
    }),
  ),
  plan(fc.constant({}), () => plugin("HashTransformer", {})),
);

const subjects = sometimes(one("defaultOnly", "allServiceAccounts", "none"));
const namespaceSpecs = one<readonly Mapping[]>(
  [{ path: "metadata/namespace", create: true }],
  [
    { path: "metadata/namespace", create: true },
    { path: "subjects", kind: "RoleBinding" },
    { path: "subjects", kind: "ClusterRoleBinding" },
  ],
);
const namespaces = fc.tuple(namespace, namespaceSpecs, subjects, sometimes(fc.boolean(), 3));

const aimed: fc.Arbitrary<Plan> = either<Plan>(
  plan(namespaces, ([space, fieldSpecs, setRoleBindingSubjects, unsetOnly]) => ({
    ...plugin("NamespaceTransformer", { fieldSpecs, setRoleBindingSubjects, unsetOnly }),
    metadata: { name: "n", namespace: space },
  })),
  plan(replicaEntry, (entry, scope) => {
    const replica = replicasFor(entry, scope);
    return (
      replica &&
      plugin("ReplicaCountTransformer", {
        replica,
        fieldSpecs: [
          { path: "spec/replicas", create: true, kind: "Deployment" },
          { path: "spec/replicas", kind: "StatefulSet" },
        ],
      })
    );
  }),
  plan(fc.tuple(choice, mergePatch, targeting), ([chosen, patch, how], scope) => {
    const found = nth(scope.manifests, chosen);
    return (
      found &&
      plugin("PatchTransformer", { patch: writeYaml(mergePatchFor(found, patch)), target: targetOf(found, how) })
    );
  }),
  plan(fc.tuple(choice, jsonPatch, targeting), ([chosen, patch, how], scope) => {
    const found = nth(scope.manifests, chosen);
    return (
      found &&
      plugin("PatchTransformer", { patch: jsonPatchFor(found, patch, !isExact(how)), target: targetOf(found, how) })
    );
  }),
  plan(fc.tuple(choice, mergePatch), ([chosen, patch], scope) => {
    const found = nth(scope.manifests, chosen);
    return found && plugin("PatchStrategicMergeTransformer", { patches: writeYaml(mergePatchFor(found, patch)) });
  }),
  plan(fc.tuple(choice, jsonPatch), ([chosen, patch], scope) => {
    const found = nth(scope.manifests, chosen);
    return (
      found &&
      plugin("PatchJson6902Transformer", { target: targetOf(found, "full"), jsonOp: jsonPatchFor(found, patch) })
    );
  }),
  plan(replacement, (entry, scope) => {
    const made = replacementFor({ ...entry, file: undefined }, 0, scope);
    return made && plugin("ReplacementTransformer", { replacements: [made] });
  }),
  plan(
    fc.tuple(
      choice,
      targeting,
      one<Mapping>(
        { fieldPath: "metadata/namespace" },
        { fieldPath: "spec/added" },
        { fieldPath: "spec/serviceName", filePathPosition: 1 },
      ),
    ),
    ([chosen, how, field], scope) => {
      const found = nth(scope.manifests, chosen);
      return (
        found &&
        plugin("ValueAddTransformer", { value: "added", targets: [{ selector: targetOf(found, how), ...field }] })
      );
    },
  ),
);

/** An entry of `transformers`. */
export const transformer = fc.record({ make: either(simple, aimed), inline: fc.boolean() });

/** An entry of `generators`. */
export const generatorPlugin = fc.record({
  kind: one("ConfigMap", "Secret"),
  plan: generator,
  options: sometimes(generatorOptions, 3),
  inline: fc.boolean(),
});

/** The text or the path of a configuration. */
function entry(config: Mapping, file: string, { inline, scope }: { inline: boolean; scope: Scope }): string {
  const text = writeYaml(config);
  return inline ? text : scope.write(file, text);
}

export function transformerFor(
  { make, inline }: Made<typeof transformer>,
  index: number,
  scope: Scope,
): string | undefined {
  const config = make(scope);
  if (config === undefined) return undefined;
  return entry({ ...config, metadata: { name: `t${index}`, ...metadataOf(config) } }, `transformer-${index}.yaml`, {
    inline,
    scope,
  });
}

function metadataOf(config: Mapping): Mapping {
  const { metadata } = config;
  return typeof metadata === "object" && metadata !== null && "namespace" in metadata
    ? { namespace: metadata.namespace }
    : {};
}

export function generatorPluginFor(made: Made<typeof generatorPlugin>, index: number, scope: Scope): string {
  const name = `plugin-${scope.layer.toLowerCase()}-${index}`;
  const [config] = generatorEntries(
    made.kind,
    [{ ...made.plan, name, behavior: undefined, options: made.options }],
    scope,
  );
  return entry(plugin(`${made.kind}Generator`, { metadata: { name }, ...config }), `generator-${index}.yaml`, {
    inline: made.inline,
    scope,
  });
}
