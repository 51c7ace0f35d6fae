import { configMap } from "@sluice/testkit";
import { expect, test } from "vitest";
import { Store } from "./store.ts";
import { type Change } from "./types.ts";

const told = (changes: readonly Change[]) =>
  changes.map(({ type, object, old }) => {
    const version = object.metadata.resourceVersion;
    return `${type} ${object.metadata.name}@${version}${old ? ` from ${old.metadata.resourceVersion}` : ""}`;
  });

function storeOf(...names: string[]): Store<ReturnType<typeof configMap>> {
  const store = new Store();
  store.replace(names.map((name) => configMap(name)));
  return store;
}

test("replace() reports what was added, modified and, first, what is gone", () => {
  const store = storeOf("gone", "same", "changed");
  const changes = store.replace([configMap("same"), configMap("changed", { version: "2" }), configMap("new")]);
  expect(told(changes)).toEqual(["deleted gone@1 from 1", "modified changed@2 from 1", "added new@1"]);
  expect(store.list().map(({ metadata }) => metadata.name)).toEqual(["same", "changed", "new"]);
});

test("an object with another uid under the same name is a deletion and an addition", () => {
  const store = storeOf("a");
  const changes = store.replace([configMap("a", { uid: "other", version: "7" })]);
  expect(told(changes)).toEqual(["deleted a@1 from 1", "added a@7"]);
  expect(store.get({ namespace: "default", name: "a" })?.metadata.uid).toBe("other");
});

test("update() takes an ADDED of a known object as a modification, and one of the same version as nothing", () => {
  const store = storeOf("a");
  expect(told(store.update("ADDED", configMap("a")))).toEqual([]);
  expect(told(store.update("ADDED", configMap("a", { version: "2" })))).toEqual(["modified a@2 from 1"]);
  expect(told(store.update("MODIFIED", configMap("b")))).toEqual(["added b@1"]);
});

test("update() reports a deletion with the object's last state, and only once", () => {
  const store = storeOf("a");
  expect(told(store.update("DELETED", configMap("a", { version: "3" })))).toEqual(["deleted a@3 from 1"]);
  expect(told(store.update("DELETED", configMap("a", { version: "3" })))).toEqual([]);
  expect(store.get({ namespace: "default", name: "a" })).toBeUndefined();
});

test("objects of the same name in two namespaces are two objects, and so is one without", () => {
  const store = new Store();
  const of = (namespace?: string) => ({
    ...configMap("a"),
    metadata: { name: "a", uid: `${namespace}`, ...(namespace && { namespace }) },
  });
  store.replace([of("x"), of("y"), of()]);
  expect(store.get({ namespace: "x", name: "a" })?.metadata.uid).toBe("x");
  expect(store.get({ name: "a" })?.metadata.uid).toBe("undefined");
});
