import { expect, test } from "vitest";
import { desiredOf } from "./desired.ts";
import { type Applied } from "./ledger.ts";
import { type Live } from "./live.ts";
import { difference, planApply, type Sight } from "./plan.ts";

const left: Live = {
  uid: "u1",
  resourceVersion: "5",
  generation: 1,
  claim: "ns/app",
  ours: "fields",
  oursTime: undefined,
  foreign: false,
  deleting: false,
  policy: {},
};
const annotations = (value: string) => ({ "kustomize.toolkit.fluxcd.io/ssa": value });
const object = (more: object = {}) => ({
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "x", namespace: "default", ...more },
});
const [plain] = desiredOf([object()], new Set());
const digest = plain?.digest ?? "";
const applied: Applied = { owner: "ns/app", ref: { apiVersion: "v1", kind: "ConfigMap", name: "x" }, digest, left };

function step(more: { metadata?: object; sight?: Sight; applied?: Applied | undefined }): string {
  const desired = desiredOf([object(more.metadata)], new Set());
  const record = "applied" in more ? more.applied : applied;
  const [only] = planApply(desired, { sight: () => more.sight ?? left, applied: () => record });
  return only?.do === "skip" ? only.because : (only?.do ?? "none");
}

test.each<[string, string, Parameters<typeof step>[0]]>([
  ["unchanged", "nothing differs", {}],
  [
    "unchanged",
    "others wrote the object, but not our fields",
    { sight: { ...left, resourceVersion: "9", generation: 4 } },
  ],
  ["unchanged", "it is being deleted: nothing can be mended before it is gone", { sight: { ...left, deleting: true } }],
  ["write", "it was never applied", { applied: undefined }],
  ["write", "it is wanted otherwise", { applied: { ...applied, digest: "other" } }],
  ["write", "it is gone", { sight: "absent" }],
  ["write", "its kind is not watched", { sight: "unknown" }],
  ["write", "it is another object of that name", { sight: { ...left, uid: "u2" } }],
  ["write", "somebody took a field of ours", { sight: { ...left, ours: "fewer" } }],
  ["write", "our entry is gone", { sight: { ...left, ours: undefined } }],
  ["write", "another Kustomization has it", { sight: { ...left, claim: "ns/other" } }],
  ["excluded", "the manifest says ssa: Ignore", { metadata: { annotations: annotations("Ignore") } }],
  [
    "excluded",
    "the manifest says so, though the object is absent",
    { metadata: { annotations: annotations("Ignore") }, sight: "absent" },
  ],
  ["excluded", "the live object says so", { sight: { ...left, policy: { excluded: true } }, applied: undefined }],
  ["exists", "it was only to be created and exists", { metadata: { annotations: annotations("IfNotPresent") } }],
  [
    "write",
    "it was only to be created and does not exist",
    { metadata: { annotations: annotations("IfNotPresent") }, sight: "absent" },
  ],
])("planApply() says %s if %s", (expected, _, more) => {
  expect(step(more)).toBe(expected);
});

test("planApply() has one step for each object, in the order given", () => {
  const objects = ["c", "a", "b"].map((name) => ({ ...object(), metadata: { name, namespace: "default" } }));
  const desired = desiredOf(objects, new Set());
  const steps = planApply(desired, { sight: () => "absent", applied: () => undefined });
  expect(steps.map((each) => each.desired)).toEqual(desired);
});

test("difference() sees of an object that was left alone only its end and another policy", () => {
  const alone: Applied = { ...applied, leftAlone: true };
  expect(difference(alone, { ...left, ours: "other", claim: "ns/other" })).toBeUndefined();
  expect(difference(alone, { ...left, policy: { excluded: true } })).toBe("policy");
  expect(difference(alone, "absent")).toBe("deleted");
});
