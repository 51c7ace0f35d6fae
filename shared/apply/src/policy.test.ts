import { expect, test } from "vitest";
import { policyOf, samePolicy } from "./policy.ts";

const key = (name: string) => `kustomize.toolkit.fluxcd.io/${name}`;

test.each([
  ["reconcile", "disabled", { excluded: true }],
  ["reconcile", "Disabled", { excluded: true }],
  ["ssa", "Ignore", { excluded: true }],
  ["ssa", "ifnotpresent", { createOnly: true }],
  ["ssa", "Merge", { merge: true }],
  ["ssa", "Override", {}],
  ["prune", "DISABLED", { keep: true }],
  ["force", "Enabled", { force: true }],
  ["force", "disabled", {}],
  ["name", "disabled", {}],
])("policyOf() reads %s: %s from annotations and from labels", (name, value, policy) => {
  expect(policyOf({ annotations: { [key(name)]: value } })).toEqual(policy);
  expect(policyOf({ labels: { [key(name)]: value } })).toEqual(policy);
});

test("policyOf() ignores the same words under another prefix", () => {
  expect(policyOf({ annotations: { reconcile: "disabled", "example.com/prune": "disabled" } })).toEqual({});
});

test("samePolicy() compares what is asked for", () => {
  expect(samePolicy({ keep: true }, { keep: true })).toBe(true);
  expect(samePolicy({ keep: true }, {})).toBe(false);
});
