import { type KubeObject } from "@sluice/api";
import { isObject, type Json, type JsonObject } from "@sluice/base";
import { apply, create, object, patch, type RecordedCase, type RecordedStep } from "./recorded-case.ts";

/** Each case has a group of its own, so that none waits for the definition of another to go. */
const definitionIn = (group: string): KubeObject =>
  object(`
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.${group}}
spec:
  group: ${group}
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    subresources: {status: {}}
    schema:
      openAPIV3Schema:
        type: object
        required: [spec]
        properties:
          status: {type: object, properties: {phase: {type: string}}}
          spec:
            type: object
            required: [req]
            x-kubernetes-validations:
            - {rule: self.min <= self.max, message: min over max}
            - {rule: "!has(oldSelf.fixed) || self.fixed == oldSelf.fixed", message: fixed is immutable, fieldPath: .fixed}
            - {rule: self.min != 7, messageExpression: "'bad min'", reason: FieldValueForbidden}
            properties:
              req: {type: string}
              str: {type: string, default: xx, maxLength: 5, minLength: 2, pattern: "^[a-z]+$"}
              en: {type: string, enum: [a, b]}
              min: {type: integer, default: 1, minimum: 0, maximum: 10}
              max: {type: integer, default: 5, exclusiveMaximum: true, maximum: 20, multipleOf: 5}
              num: {type: number}
              fixed: {type: string}
              list:
                type: array
                minItems: 1
                maxItems: 3
                x-kubernetes-list-type: map
                x-kubernetes-list-map-keys: [name]
                items: {type: object, required: [name], properties: {name: {type: string}, v: {type: string, default: dv}}}
              set: {type: array, items: {type: string}, x-kubernetes-list-type: set}
              ints: {type: array, items: {type: integer}}
              map: {type: object, maxProperties: 2, minProperties: 1, additionalProperties: {type: integer}}
              ios: {x-kubernetes-int-or-string: true}
              free: {type: object, x-kubernetes-preserve-unknown-fields: true, properties: {known: {type: object, properties: {a: {type: string}}}}}
              emb: {type: object, x-kubernetes-embedded-resource: true, x-kubernetes-preserve-unknown-fields: true}
              nul: {type: string, nullable: true}
              plain: {type: string}
              i32: {type: integer, format: int32}
              nest: {type: object, default: {}, properties: {a: {type: string, default: na}}}
              atom: {type: object, x-kubernetes-map-type: atomic, properties: {a: {type: string}, b: {type: string}}}
              any: {type: object, properties: {a: {type: string}}, oneOf: [{required: [a]}, {required: [b]}]}
              anyof: {type: object, properties: {a: {type: string}, b: {type: string}}, anyOf: [{required: [a]}, {required: [b]}], not: {required: [a, b]}}
              dt: {type: string, format: date-time}
              du: {type: string, format: duration}
              ip: {type: string, format: ipv4}
              uri: {type: string, format: uri}
              mail: {type: string, format: email}
              uuid: {type: string, format: uuid}
              date: {type: string, format: date}
              bytes: {type: string, format: byte}
`);

/** Stands for the API version until the case's group is known. */
const PLACEHOLDER = "GROUP/v1";

const widget = (spec: Json, metadata: JsonObject = {}): KubeObject => ({
  apiVersion: PLACEHOLDER,
  kind: "Widget",
  metadata: { name: "w", ...metadata },
  spec,
});

/** A spec that has what it must, and `fields`. */
const spec = (fields: JsonObject): Json => ({ req: "a", ...fields });
const tried = (...specs: readonly Json[]): RecordedStep[] =>
  specs.map((one) => create(widget(one), { query: "dryRun=All" }));
const onWidget = (body: Json, type: "merge" | "json" = "merge"): RecordedStep => patch(widget({}), type, body);

const cases: readonly (readonly [string, readonly RecordedStep[]])[] = [
  [
    "a custom resource's values have the types of its schema",
    tried(
      { req: 1 },
      "str",
      null,
      { req: null },
      spec({ min: 1.5 }),
      spec({ list: { a: 1 } }),
      spec({ ints: ["a"] }),
      spec({ num: "1" }),
      spec({ num: 5 }),
      spec({ min: "1", nest: 5 }),
      spec({ ios: true }),
      spec({ ios: "x" }),
      spec({ ios: 3 }),
      spec({ i32: 99_999_999_999 }),
    ),
  ],
  [
    "a custom resource's texts and numbers keep to their bounds",
    tried(
      {},
      spec({ str: "toolong", en: "c" }),
      spec({ str: "A" }),
      spec({ str: "AB" }),
      spec({ min: -1, max: 20 }),
      spec({ min: 11, max: 7 }),
    ),
  ],
  [
    "a custom resource's lists and maps keep to their bounds",
    tried(
      spec({ list: [] }),
      spec({ list: [{ name: "a" }, { name: "a" }, { name: "b" }, { v: "1" }] }),
      spec({ list: [{ name: "a" }, { name: "a" }] }),
      spec({ set: ["a", "a"] }),
      spec({ map: { a: 1, b: "x", c: 3 } }),
      spec({ map: {} }),
    ),
  ],
  [
    "a custom resource's texts have the formats of its schema",
    tried(
      spec({ dt: "x", du: "x", ip: "x", uri: "x", mail: "x", uuid: "x", date: "x", bytes: "!" }),
      spec({
        dt: "2024-01-01T00:00:00Z",
        du: "1h",
        ip: "1.2.3.4",
        uri: "https://a",
        mail: "a@b",
        uuid: "6b1d7c5e-5c1d-4c1e-9a3e-0d5c1f3b2a10",
        date: "2024-01-01",
        bytes: "YQ==",
      }),
    ),
  ],
  [
    "a custom resource's schema may combine others",
    tried(
      spec({ any: { b: "1" } }),
      spec({ any: {} }),
      spec({ any: { a: "1" } }),
      spec({ anyof: {} }),
      spec({ anyof: { a: "1", b: "2" } }),
      spec({ anyof: { b: "2" } }),
    ),
  ],
  [
    "a custom resource is pruned and defaulted, and its nulls go",
    tried(
      spec({ foo: 1, nest: { q: 1 } }),
      spec({ free: { x: 1, known: { b: 1 } } }),
      spec({ nul: null, plain: null }),
      spec({ str: null, list: [{ name: "q", v: null }] }),
      spec({ map: { a: null } }),
      spec({ list: [null] }),
      spec({ set: [null, "a"] }),
      spec({ num: null, nest: null }),
    ),
  ],
  [
    "an embedded resource has the metadata of a resource",
    tried(
      spec({ emb: { x: 1 } }),
      spec({ emb: { apiVersion: "v1", kind: "X", metadata: { name: "a", labels: { a: 1 } } } }),
      spec({ emb: { apiVersion: "v1", kind: "X", foo: 1, metadata: { name: "a", bad: 1, labels: { a: "1" } } } }),
    ),
  ],
  [
    "a custom resource's metadata is checked",
    [
      create(widget(spec({}), { name: "X_", labels: { a: "!" } })),
      create(widget(spec({}), { labels: { a: 1 } })),
      create(widget(spec({}), { labels: "a" })),
    ],
  ],
  [
    "CEL rules are asked when the values can be trusted",
    tried(spec({ min: 6 }), spec({ min: 7, max: 10 }), spec({ min: 6, en: "c" })),
  ],
  [
    "transition rules see the stored value",
    [
      create(widget(spec({ fixed: "a" }))),
      onWidget({ spec: { fixed: "b" } }),
      onWidget({ spec: { plain: "x" } }),
      onWidget({ spec: { min: 9, max: 5 } }),
    ],
  ],
  [
    "custom resources are applied by the structure of their schema",
    [
      apply(
        widget(spec({ list: [{ name: "a" }, { name: "b", v: "1" }], set: ["x"], atom: { a: "1" }, map: { k: 1 } })),
        { manager: "one" },
      ),
      apply(widget({ req: "a", list: [{ name: "c" }], set: ["y"], map: { l: 2 } }), { manager: "two" }),
      apply(widget({ req: "a", atom: { b: "1" } }), { manager: "two" }),
      apply(widget({ req: "a", list: [{ name: "a" }], set: ["x"] }), { manager: "one" }),
      apply(widget({ req: "a", list: [{ name: "a" }], set: ["x"] }), { manager: "one" }),
    ],
  ],
  [
    "a custom resource's unknown fields cannot be applied",
    [apply(widget(spec({ foo: 1 }), { labels: { a: 1 } })), apply(widget(spec({}), { foo: "a" }))],
  ],
  [
    "free fields of a custom resource are applied one by one",
    [
      apply(widget(spec({ free: { x: { y: 1, z: [1, 2] }, known: { a: "1" } } })), { manager: "one" }),
      apply(widget(spec({ free: { x: { w: 2, z: [3] } } })), { manager: "two" }),
      apply(widget(spec({ free: { x: { w: 2 } } })), { manager: "two" }),
    ],
  ],
  [
    "a custom resource's status is owned through its subresource",
    [
      apply({ ...widget(spec({})), status: { phase: "a" } }, { manager: "one" }),
      patch(
        widget({}),
        "merge",
        { status: { phase: "b" }, spec: { plain: "no" }, metadata: { labels: { a: "b" } } },
        { manager: "ctl", subresource: "status" },
      ),
      apply({ ...widget({}), spec: null, status: { phase: "c" } }, { manager: "two", subresource: "status" }),
    ],
  ],
];

/** A step with the case's group in its path and body. */
function inGroup(step: RecordedStep, group: string): RecordedStep {
  const { body, path } = step;
  const moved = isObject(body) && body["apiVersion"] === PLACEHOLDER ? { ...body, apiVersion: `${group}/v1` } : body;
  return { ...step, path: path.replaceAll("GROUP", group), ...(moved !== undefined && { body: moved }) };
}

/** What schemas of custom resources do: types, bounds, formats, pruning, defaults, CEL rules, server-side apply. */
export const customResourceCases: readonly RecordedCase[] = cases.map(([name, steps], index) => {
  const group = `t${index}.sluice-test.example.com`;
  return {
    name,
    independent: true,
    steps: [create(definitionIn(group)), ...steps.map((step) => inGroup(step, group))],
  };
});
