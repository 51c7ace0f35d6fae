import { type KubeObject, type OpenApiSchema } from "@sluice/api";
import { type Json } from "@sluice/base";
import { expect, test } from "vitest";
import { crdSchema } from "./crd-schema.ts";
import { ObjectError } from "./errors.ts";
import { fieldErrorText } from "./field-error.ts";

const schemaOf = (spec: OpenApiSchema) => crdSchema({ type: "object", properties: { spec } });
const thing = (spec: Json): KubeObject => ({ apiVersion: "x.y/v1", kind: "Thing", metadata: { name: "t" }, spec });
const rule = (text: string, more: object = {}) => ({
  "x-kubernetes-validations": [{ rule: text, message: "no", ...more }],
});

function faults(spec: OpenApiSchema, now: Json, before?: Json): string[] {
  const old = before === undefined ? undefined : thing(before);
  return schemaOf(spec).validate(thing(now), old).map(fieldErrorText);
}

test("crdSchema() tells every fault of a schema that is not structural", () => {
  const bad: OpenApiSchema = {
    type: "object",
    properties: { a: { type: "array" }, b: {}, c: { type: "string", pattern: "(" } },
  };
  try {
    crdSchema(bad);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(ObjectError);
    const { problems } = (error as ObjectError<"SCHEMA_INVALID">).data;
    expect(problems.map(({ field }) => field)).toEqual([
      ".properties[a].items",
      ".properties[b].type",
      ".properties[c].pattern",
    ]);
  }
});

test("rules that were not run because of other faults are told of, if there are any", () => {
  const spec: OpenApiSchema = { type: "object", properties: { a: { type: "string", maxLength: 2 } } };
  expect(faults(spec, { a: "long" })).toHaveLength(1);
  expect(faults({ ...spec, ...rule("self.a != 'x'") }, { a: "long" })).toEqual([
    expect.stringContaining("may not be"),
    expect.stringContaining("some validation rules were not checked"),
  ]);
});

test("a value that was invalid before and has not changed is let be", () => {
  const spec: OpenApiSchema = {
    type: "object",
    properties: { a: { type: "string", maxLength: 2 }, b: { type: "string" } },
  };
  expect(faults(spec, { a: "long", b: "x" })).toHaveLength(1);
  expect(faults(spec, { a: "long", b: "y" }, { a: "long", b: "x" })).toEqual([]);
  expect(faults(spec, { a: "longer", b: "x" }, { a: "long", b: "x" })).toHaveLength(1);
});

test("items of a map list are compared with what they were under the same keys", () => {
  const items: OpenApiSchema = {
    type: "object",
    properties: { name: { type: "string" }, v: { type: "string", maxLength: 1 } },
  };
  const list: OpenApiSchema = {
    type: "array",
    "x-kubernetes-list-type": "map",
    "x-kubernetes-list-map-keys": ["name"],
    items,
  };
  const spec: OpenApiSchema = { type: "object", properties: { list } };
  const old = { list: [{ name: "a", v: "long" }] };
  expect(
    faults(
      spec,
      {
        list: [
          { name: "b", v: "x" },
          { name: "a", v: "long" },
        ],
      },
      old,
    ),
  ).toEqual([]);
});

test("a transition rule is asked only when there is an old value", () => {
  const spec: OpenApiSchema = { type: "object", properties: { a: { type: "string", ...rule("self == oldSelf") } } };
  expect(faults(spec, { a: "x" })).toEqual([]);
  expect(faults(spec, { a: "x" }, { a: "x" })).toEqual([]);
  expect(faults(spec, { a: "y" }, { a: "x" })).toEqual(['spec.a: Invalid value: "y": no']);
});

test("a rule with an optional old value is asked without one too", () => {
  const asked = rule("oldSelf.hasValue() ? self == oldSelf.value() : self == 'first'", { optionalOldSelf: true });
  const spec: OpenApiSchema = { type: "object", properties: { a: { type: "string", ...asked } } };
  expect(faults(spec, { a: "first" })).toEqual([]);
  expect(faults(spec, { a: "other" })).toEqual(['spec.a: Invalid value: "other": no']);
  expect(faults(spec, { a: "x" }, { a: "x" })).toEqual([]);
});

test("a rule below a free key names the key in brackets", () => {
  const spec: OpenApiSchema = { type: "object", additionalProperties: { type: "integer", ...rule("self > 1") } };
  expect(faults(spec, { k: 1 })).toEqual(["spec[k]: Invalid value: 1: no"]);
});

test("a rule that fails to run is a fault, not a crash", () => {
  const spec: OpenApiSchema = { type: "object", properties: { a: { type: "string" } }, ...rule("self.a == 'x'") };
  const [fault, ...others] = faults(spec, {});
  expect(fault).toMatch(/^spec: Invalid value: "object": .* evaluating rule: no$/);
  expect(others).toEqual([]);
});

test("fields named like parts of JavaScript objects are plain data", () => {
  const schema = schemaOf({ type: "object", properties: { a: { type: "string" } } });
  const object = JSON.parse(
    '{"apiVersion":"x.y/v1","kind":"T","metadata":{"name":"t"},"spec":{"__proto__":{"x":1},"constructor":1,"toString":2,"a":"b"}}',
  ) as KubeObject;
  expect(schema.prune(object)).toEqual(["spec.__proto__", "spec.constructor", "spec.toString"]);
  expect(object["spec"]).toEqual({ a: "b" });
});

test("defaults are given to objects that are themselves defaults", () => {
  const inner: OpenApiSchema = { type: "object", default: {}, properties: { b: { type: "integer", default: 3 } } };
  const object = thing({});
  schemaOf({ type: "object", properties: { a: inner } }).defaults(object);
  expect(object["spec"]).toEqual({ a: { b: 3 } });
});

test("two resources do not share their defaults", () => {
  const schema = schemaOf({
    type: "object",
    properties: { a: { type: "object", default: { x: 1 }, "x-kubernetes-preserve-unknown-fields": true } },
  });
  const [one, two] = [thing({}), thing({})];
  for (const object of [one, two]) schema.defaults(object);
  (one["spec"] as { a: { x: number } }).a.x = 2;
  expect(two["spec"]).toEqual({ a: { x: 1 } });
});
