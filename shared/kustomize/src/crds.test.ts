import { expect, test } from "vitest";
import { configOfCrds } from "./crds.ts";
import { KustomizeError } from "./errors.ts";

/** A kind whose property `spec` is of type `t0`, and what else the file has. */
function crds(types: Record<string, Record<string, unknown>>): string {
  const kind = { kind: {}, apiVersion: {}, metadata: {}, spec: { $ref: "t0" } };
  const all = Object.entries({ "example.com/v1.Foo": kind, ...types });
  return JSON.stringify(Object.fromEntries(all.map(([name, properties]) => [name, { Schema: { properties } }])));
}

/** `levels` types, each of which refers twice to the next; the last has a mark. */
function ladder(levels: number): Record<string, Record<string, unknown>> {
  const steps = Array.from({ length: levels }, (_, at) => {
    const next = { $ref: `t${at + 1}` };
    return [`t${at}`, { a: next, b: next }] as const;
  });
  return { ...Object.fromEntries(steps), [`t${levels}`]: { m: { "x-kubernetes-annotation": "" } } };
}

function failureOf(content: string): KustomizeError {
  try {
    configOfCrds(content, "crds.json");
  } catch (thrown) {
    if (thrown instanceof KustomizeError) return thrown;
    throw thrown;
  }
  throw new Error("expected a KustomizeError");
}

test("configOfCrds() finds a mark on every path that references make", () => {
  const { commonAnnotations } = configOfCrds(crds(ladder(10)), "crds.json");
  expect(new Set(commonAnnotations.map(({ path }) => path)).size).toBe(1024);
  expect(commonAnnotations[0]?.path).toBe(`spec/${"a/".repeat(10)}m`);
});

test("configOfCrds() walks a type that refers to itself once", () => {
  const mark = { "x-kubernetes-label-selector": "" };
  const { commonLabels } = configOfCrds(crds({ t0: { again: { $ref: "t0" }, m: mark } }), "crds.json");
  expect(commonLabels.map(({ path }) => path)).toEqual(["spec/m"]);
});

test("configOfCrds() finds marks for several kinds and names of one kind", () => {
  const mark = { "x-kubernetes-object-ref-api-version": "v1", "x-kubernetes-object-ref-kind": "Secret" };
  const named = { ...mark, "x-kubernetes-object-ref-name-key": "as" };
  const { nameReference } = configOfCrds(crds({ t0: { x: mark, y: named } }), "crds.json");
  expect(nameReference).toHaveLength(1);
  expect(nameReference[0]).toMatchObject({ version: "v1", kind: "Secret" });
  expect(nameReference[0]?.fieldSpecs.map(({ path, kind }) => [path, kind])).toEqual([
    ["spec/x/name", "Foo"],
    ["spec/y/as", "Foo"],
  ]);
});

test("configOfCrds() ends types that double the paths 60 times with TOO_LARGE", () => {
  expect(failureOf(crds(ladder(60))).code).toBe("TOO_LARGE");
});

test("configOfCrds() ends paths of too many characters with TOO_LARGE", () => {
  const names = Array.from(
    { length: 1000 },
    (_, at) => [`t${at}`, { ["n".repeat(400)]: { $ref: `t${at + 1}` } }] as const,
  );
  const error = failureOf(crds(Object.fromEntries(names)));
  expect(error.message).toContain("more than 100000 properties");
});
