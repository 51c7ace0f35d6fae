import { type KubeObject } from "@sluice/api";
import { type JsonObject } from "@sluice/base";
import { expect, test } from "vitest";
import { builtInSchema } from "./built-in-schema.ts";
import { type KindSchema } from "./kind-schema.ts";

const schema = builtInSchema("apps/v1", "Deployment") as KindSchema;

function deployment(fields: JsonObject): KubeObject {
  return { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "a" }, ...fields };
}

const podSpec = (spec: JsonObject): JsonObject => ({ spec: { template: { spec } } });
const container = (fields: JsonObject): JsonObject => podSpec({ containers: [{ name: "a", ...fields }] });
const QUANTITIES = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";

/** Values of the wrong type, and what kube-apiserver 1.36 says about them. */
const refused: readonly (readonly [string, JsonObject, string])[] = [
  [
    "a text for a number",
    { spec: { replicas: "3" } },
    "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
  ],
  [
    "a number for a label",
    { metadata: { name: "a", labels: { a: 1 } } },
    "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string",
  ],
  [
    "a text for a boolean",
    podSpec({ hostNetwork: "yes" }),
    "json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.hostNetwork of type bool",
  ],
  [
    "a text for a struct",
    { spec: "foo" },
    "json: cannot unmarshal string into Go struct field Deployment.spec of type v1.DeploymentSpec",
  ],
  ["a bad quantity", container({ resources: { limits: { cpu: "foo" } } }), QUANTITIES],
  [
    "a bad time",
    { metadata: { name: "a", creationTimestamp: "foo" } },
    'parsing time "foo" as "2006-01-02T15:04:05Z07:00": cannot parse "foo" as "2006"',
  ],
  [
    "a boolean for a number or a text",
    { spec: { strategy: { rollingUpdate: { maxSurge: true } } } },
    "json: cannot unmarshal bool into Go struct field RollingUpdateDeployment.spec.strategy.rollingUpdate.maxSurge of type int32",
  ],
  [
    "an object for a list",
    podSpec({ containers: {} }),
    "json: cannot unmarshal object into Go struct field PodSpec.spec.template.spec.containers of type []v1.Container",
  ],
  [
    "a text for an item",
    podSpec({ containers: ["x"] }),
    "json: cannot unmarshal string into Go struct field PodSpec.spec.template.spec.containers of type v1.Container",
  ],
];

for (const [name, fields, problem] of refused) {
  test(`defaults() refuses ${name} in Go's words`, () => {
    const message = `Deployment in version "v1" cannot be handled as a Deployment: ${problem}`;
    expect(() => schema.defaults(deployment(fields))).toThrow(message);
  });
}

test("defaults() tells a malformed quantity rather than a wrong type before it", () => {
  const object = deployment({
    spec: { replicas: "3", template: { spec: { containers: [{ name: "a", resources: { limits: { cpu: "?" } } }] } } },
  });
  expect(() => schema.defaults(object)).toThrow(QUANTITIES);
});

test("defaults() twice is defaults() once", () => {
  const object = deployment(
    container({ image: "a", env: [{ name: "A", value: "" }], livenessProbe: { httpGet: { port: 1 } } }),
  );
  schema.defaults(object);
  const once = structuredClone(object);
  schema.defaults(object);
  expect(object).toEqual(once);
});

test("defaults() drops nulls and what Go would not write", () => {
  const object = deployment(
    podSpec({
      hostNetwork: false,
      nodeName: "",
      tolerations: [],
      nodeSelector: null,
      containers: [{ name: "a", image: "b", args: null }],
    }),
  );
  schema.defaults(object);
  const { spec } = (object["spec"] as JsonObject)["template"] as JsonObject;
  expect(Object.keys(spec as JsonObject).sort()).toEqual([
    "containers",
    "dnsPolicy",
    "restartPolicy",
    "schedulerName",
    "securityContext",
    "terminationGracePeriodSeconds",
  ]);
});

test("prune() names unknown fields by their path and removes them", () => {
  const object = deployment({
    spec: { replcas: 1, template: { spec: { containers: [{ name: "a", imagee: "b" }] } } },
    foo: 1,
  });
  expect(schema.prune(object).sort()).toEqual(["foo", "spec.replcas", "spec.template.spec.containers[0].imagee"]);
  expect(schema.prune(object)).toEqual([]);
});

test("a schema that contains itself can be walked", () => {
  const crd = builtInSchema("apiextensions.k8s.io/v1", "CustomResourceDefinition");
  const props = crd?.openApi
    .property("spec")
    ?.property("versions")
    ?.items?.property("schema")
    ?.property("openAPIV3Schema");
  expect(props?.property("not")?.property("not")).toBe(props?.property("not")?.property("not")?.property("not"));
});

test("builtInSchema() knows only what is served", () => {
  expect(builtInSchema("v1", "Nothing")).toBeUndefined();
  expect(builtInSchema("extensions/v1beta1", "Ingress")).toBeUndefined();
  expect(builtInSchema("v1", "ConfigMap")).toBe(builtInSchema("v1", "ConfigMap"));
});
