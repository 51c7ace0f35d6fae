import { atOnce } from "@sluice/base";
import { expect, test } from "vitest";
import { KustomizeError } from "./errors.ts";
import { compiledInSchema } from "./kubernetes-schema.ts";
import { Resource } from "./resource.ts";
import { ResourceSet } from "./resource-set.ts";

const schema = compiledInSchema();

function pod(name: string): Resource {
  const value = { apiVersion: "v1", kind: "Pod", metadata: { name } };
  return new Resource(value, { origin: { file: `${name}.yaml` }, schema });
}

test("append() refuses a second resource of one id and names the first one's file", () => {
  const set = new ResourceSet();
  set.append(pod("a"));
  expect(() => set.append(pod("a"))).toThrow(KustomizeError);
  expect(() => set.append(pod("a"))).toThrow('first in "a.yaml"');
});

test("a renamed resource is found by its present and past ids, and its old id is free", () => {
  const set = new ResourceSet();
  const renamed = pod("a");
  const before = renamed.id;
  set.append(renamed);
  renamed.rememberId();
  renamed.setName("b");
  set.changed(renamed);
  expect(set.withId(before)).toEqual([]);
  expect(set.withAnyId(before)).toEqual([renamed]);
  expect(set.withId(renamed.id)).toEqual([renamed]);
  set.append(pod("a"));
  expect(set.withAnyId(before)).toHaveLength(2);
});

test("a resource that is removed or replaced is found no more", () => {
  const set = new ResourceSet();
  const [first, second] = [pod("a"), pod("b")];
  atOnce(set.appendAll([first, second]));
  const next = pod("c");
  set.replace(first, next);
  set.remove(second);
  expect(set.resources).toEqual([next]);
  expect(set.withAnyId(first.id)).toEqual([]);
  expect(set.withAnyId(second.id)).toEqual([]);
});

test("retain() and sort() keep the index right", () => {
  const set = new ResourceSet();
  const all = ["c", "a", "b"].map(pod);
  atOnce(set.appendAll(all));
  set.retain((resource) => resource.name !== "a");
  set.sort((x, y) => x.name.localeCompare(y.name));
  expect(set.resources.map(({ name }) => name)).toEqual(["b", "c"]);
  set.append(pod("a"));
  expect(set.resources).toHaveLength(3);
});
