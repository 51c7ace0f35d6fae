import fc from "fast-check";
import { choice, either, few, type Made, mapping, nth, one, some, sometimes } from "./pick.ts";
import { text } from "./scalars.ts";
import { type Scope } from "./scope.ts";
import { type Mapping, type Value } from "./yaml-text.ts";

/** Label values that every reader takes for text, and some that must be quoted. */
const labelValue = one("a", "b", "1", "true", "x.y");

const fieldSpec = one<Mapping>(
  { path: "spec/extra/labels", create: true },
  { path: "spec/template/metadata/labels", kind: "Deployment", create: true },
  { path: "spec/selector", kind: "Service" },
  { path: "metadata/annotations", group: "apps", create: true },
);

const labelEntry = fc.record({
  pairs: mapping(["app", "l", "example.com/l"], labelValue, 2),
  includeSelectors: sometimes(fc.boolean()),
  includeTemplates: sometimes(fc.boolean()),
  fields: sometimes(some(fieldSpec, 2), 4),
});

export const imageEntry: fc.Arbitrary<Mapping> = fc.record({
  name: one("nginx", "app", "redis", "reg.io:5000/team/app", "n.*x", "docker.io/library/nginx", "team/nginx", "none"),
  newName: sometimes(one("mirror/x", "reg.io:5000/y", "z:1"), 3),
  newTag: sometimes(one("9", "v1.2", "latest")),
  digest: sometimes(one("sha256:dd"), 5),
  tagSuffix: sometimes(one("-slim"), 6),
});

/** The fields that need to know nothing of the resources. */
export const settings = fc.record({
  namePrefix: sometimes(one("p-", "q-"), 3),
  nameSuffix: sometimes(one("-s", "-t"), 4),
  namespace: sometimes(one("ns1", "ns3", "default"), 3),
  commonLabels: sometimes(mapping(["common", "app"], labelValue, 2), 5),
  labels: sometimes(few(labelEntry, 2), 4),
  commonAnnotations: sometimes(mapping(["note", "example.com/c"], either<Value>(labelValue, text)), 5),
  images: sometimes(few(imageEntry, 2), 3),
  imageTags: sometimes(few(imageEntry, 1), 12),
  metadata: sometimes(one<Mapping>({ name: "k", labels: { a: "b" } }, { annotations: { x: "y" } }), 12),
});

const legacyOrder: Mapping = {
  order: "legacy",
  legacySortOptions: { orderFirst: ["Service", "Namespace"], orderLast: ["Deployment", "ConfigMap"] },
};
export const sortOptions = one<Mapping>({ order: "fifo" }, { order: "legacy" }, legacyOrder);

/** An entry of `replicas`, which must find something that has replicas. */
export const replicaEntry = fc.record({ for: choice, count: one(0, 4, 12) });

export function replicasFor(plan: Made<typeof replicaEntry>, scope: Scope): Mapping | undefined {
  const scalable = scope.manifests.filter(({ kind }) => kind === "Deployment" || kind === "StatefulSet");
  const found = nth(scalable, plan.for);
  return found === undefined ? undefined : { name: found.metadata.name, count: plan.count };
}

/** Files of the field `configurations`. */
export const configurations = some(
  one<Mapping>(
    { nameReference: [{ kind: "ConfigMap", version: "v1", fieldSpecs: [{ path: "spec/config/name", kind: "Foo" }] }] },
    {
      nameReference: [
        {
          kind: "Foo",
          group: "example.com",
          fieldSpecs: [{ path: "spec/items/name", kind: "Foo" }, { path: "spec/rules/backendRefs/name" }],
        },
      ],
    },
    { nameReference: [{ kind: "Deployment", fieldSpecs: [{ path: "spec/workloadRef/name", kind: "Rollout" }] }] },
    {
      varReference: [
        { path: "spec/config/name", kind: "Foo" },
        { path: "data", kind: "ConfigMap" },
        { path: "metadata/annotations" },
      ],
    },
    {
      commonLabels: [
        { path: "spec/labels", create: true, kind: "Foo" },
        { path: "spec/selector/matchLabels", create: true, kind: "Rollout" },
      ],
    },
    { commonAnnotations: [{ path: "spec/notes", create: true, kind: "Foo" }] },
    { images: [{ path: "spec/template/containers/image", kind: "Foo" }, { path: "spec/image" }] },
    { replicas: [{ path: "spec/count", kind: "Foo", create: true }] },
    { namePrefix: [{ path: "spec/config/name", kind: "Foo" }] },
    {
      nameSuffix: [{ path: "spec/serviceName", kind: "StatefulSet" }],
      namespace: [{ path: "spec/space", kind: "Foo", create: true }],
    },
    {
      labels: [{ path: "spec/more", create: true, kind: "Foo" }],
      templateLabels: [{ path: "spec/pod/labels", create: true, kind: "Bar" }],
    },
  ),
  2,
);

/** A file of the field `crds`. */
export const crdTypes: Mapping = {
  "example.v1.Foo": {
    Schema: {
      properties: {
        apiVersion: { type: "string" },
        kind: { type: "string" },
        metadata: { $ref: "m" },
        spec: { $ref: "example.v1.FooSpec" },
      },
    },
  },
  "example.v1.FooSpec": {
    Schema: {
      properties: {
        config: { "x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "ConfigMap" },
        a: { "x-kubernetes-annotation": "" },
        b: { "x-kubernetes-label-selector": "" },
      },
    },
  },
};

const spec = (properties: Mapping): Mapping => ({ properties: { spec: { type: "object", properties } } });
const gvk = (group: string, version: string, kind: string): Mapping => ({
  "x-kubernetes-group-version-kind": [{ group, version, kind }],
});
const mergedBy = (key: string): Mapping => ({
  type: "array",
  items: { type: "object" },
  "x-kubernetes-patch-merge-key": key,
  "x-kubernetes-patch-strategy": "merge",
});

/** A schema that takes the place of the compiled-in one. */
export const openapiSchema: Mapping = {
  definitions: {
    Foo: { ...spec({ items: mergedBy("name"), a: mergedBy("a") }), ...gvk("example.com", "v1", "Foo") },
    Deployment: { ...spec({ template: spec({ containers: mergedBy("name") }) }), ...gvk("apps", "v1", "Deployment") },
  },
  paths: { "/apis/example.com/v1beta1/bars": { get: gvkOf("example.com", "v1beta1", "Bar") } },
};

function gvkOf(group: string, version: string, kind: string): Mapping {
  return { "x-kubernetes-group-version-kind": { group, version, kind } };
}
