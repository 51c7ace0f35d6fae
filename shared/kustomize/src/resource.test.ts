import { expect, test } from "vitest";
import { compiledInSchema } from "./kubernetes-schema.ts";
import { Resource } from "./resource.ts";

const schema = compiledInSchema();
const origin = { file: "a.yaml", line: 3 };

function resource(): Resource {
  return new Resource(
    { apiVersion: "v1", kind: "Pod", metadata: { name: "a", labels: { x: "y" } } },
    { origin, schema },
  );
}

test("copy() has every field of the resource, whatever they are", () => {
  const original = resource();
  original.rememberId();
  original.setName("b");
  const flags: Partial<Resource> = { prefixes: ["p-"], suffixes: ["-s"], behavior: "merge", needsHash: true };
  Object.assign(original, flags, { successor: resource(), texts: new WeakMap() });
  const copy = original.copy();
  expect({ ...copy }).toEqual({ ...original });
  const untouched = Object.entries(resource()).filter(([field, value]) =>
    Object.is(Reflect.get(original, field), value),
  );
  expect(untouched.map(([field]) => field)).toEqual(["origin"]);
  expect([copy.originalId, copy.id, copy.isClusterScoped]).toEqual([original.originalId, original.id, false]);
});

test("copy() shares nothing that changes with the resource", () => {
  const original = resource();
  const copy = original.copy();
  copy.setName("b");
  copy.setLabels(new Map([["x", "z"]]));
  copy.rememberId();
  expect([original.name, original.labels.get("x"), original.past]).toEqual(["a", "y", []]);
});
