import { type KubeObject } from "@sluice/api";
import { expect, test } from "vitest";
import { Store } from "./store.ts";

function object(name: string, data = ""): KubeObject {
  return { kind: "ConfigMap", apiVersion: "v1", metadata: { name }, data: { data } };
}

const keys = (list: readonly { key: string }[] | undefined) => list?.map(({ key }) => key);

test("list() is in code-unit order of keys, the order in which etcd has them", () => {
  const collection = new Store({ window: 10 }).collection("/configmaps");
  for (const key of ["a/x", "a-b/x", "a/b", "a.b/x", "b/a"]) collection.put(key, object("x"));
  expect(keys(collection.list())).toEqual(["a-b/x", "a.b/x", "a/b", "a/x", "b/a"]);
  expect(keys(collection.list("a/"))).toEqual(["a/b", "a/x"]);
});

test("resource versions grow over all collections of a store", () => {
  const store = new Store({ window: 10 });
  const first = store.collection("/configmaps").put("a/x", object("x"));
  const second = store.collection("/secrets").put("a/x", object("x"));
  expect(second.revision).toBe(first.revision + 1);
  expect(second.object.metadata.resourceVersion).toBe(String(second.revision));
});

test("listAt() shows the objects as they were at a revision", () => {
  const collection = new Store({ window: 10 }).collection("/configmaps");
  collection.put("a/1", object("1", "old"));
  const { revision } = collection.put("a/2", object("2"));
  collection.put("a/1", object("1", "new"));
  collection.delete("a/2", object("2"));
  collection.put("a/3", object("3"));
  const then = collection.listAt(revision);
  expect(keys(then)).toEqual(["a/1", "a/2"]);
  expect(then?.[0]?.object["data"]).toEqual({ data: "old" });
  expect(keys(collection.listAt(collection.revision))).toEqual(["a/1", "a/3"]);
});

test("listAt() is undefined for a revision that the log has forgotten", () => {
  const collection = new Store({ window: 2 }).collection("/configmaps");
  const { revision } = collection.put("a/1", object("1"));
  for (let count = 0; count < 3; count++) collection.put("a/2", object("2", String(count)));
  expect(collection.listAt(revision)).toBeUndefined();
  expect(collection.log.after(revision)).toBeUndefined();
  expect(collection.log.after(collection.log.start)).toHaveLength(2);
});

test("a collection that is first asked for late can be watched from before", () => {
  const store = new Store({ window: 2 });
  const { revision } = store.collection("/configmaps").put("a/1", object("1"));
  expect(store.collection("/secrets").log.after(revision)).toEqual([]);
});

test("delete() logs the last version at the deletion's revision", () => {
  const collection = new Store({ window: 10 }).collection("/configmaps");
  const { revision } = collection.put("a/1", object("1"));
  collection.delete("a/1", object("1", "last"));
  const [event] = collection.log.after(revision) ?? [];
  expect(event).toMatchObject({ type: "DELETED", revision: revision + 1 });
  expect(event?.stored.object).toMatchObject({
    metadata: { resourceVersion: String(revision + 1) },
    data: { data: "last" },
  });
  expect(collection.delete("a/1", object("1"))).toBeUndefined();
});

test("a stored object's text is made once and starts with its kind", () => {
  const stored = new Store({ window: 10 }).collection("/configmaps").put("a/1", object("1"));
  expect(stored.text).toMatch(/^\{"kind":"ConfigMap","apiVersion":"v1",/);
  let made = 0;
  const shape = () => stored.shape("x", () => String(++made));
  expect([shape(), shape()]).toEqual(["1", "1"]);
});
