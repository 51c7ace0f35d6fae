import { type Json } from "@sluice/base";
import { expect, test } from "vitest";
import { kustomization } from "./kustomization.ts";
import { violationOf } from "./violation.ts";

const valid = { interval: "10m", prune: true, sourceRef: { kind: "GitRepository", name: "app" } };
const violation = (spec: Json | undefined) => violationOf(kustomization.spec.openApi, spec, "spec");

test("a spec that the schema admits has no violation, unknown fields and empty maps included", () => {
  expect(violation(valid)).toBeUndefined();
  expect(violation({ ...valid, newer: 5, postBuild: { substitute: {} }, dependsOn: [{ name: "a" }] })).toBeUndefined();
});

test.each<[what: string, spec: Json | undefined, violation: string]>([
  ["no spec", undefined, "spec: is missing"],
  ["null", null, "spec: must be an object"],
  ["a list", [], "spec: must be an object"],
  ["a missing field", { interval: "1m", prune: true }, "spec.sourceRef: is missing"],
  ["a number for a text", { ...valid, interval: 5 }, "spec.interval: must be a string"],
  ["a text of the wrong form", { ...valid, interval: "1d" }, 'spec.interval "1d": does not match '],
  ["null in a list", { ...valid, dependsOn: [{ name: "a" }, null] }, "spec.dependsOn[1]: must be an object"],
  ["an object for a list", { ...valid, dependsOn: {} }, "spec.dependsOn: must be a list"],
  ["a text for a flag", { ...valid, prune: "true" }, "spec.prune: must be true or false"],
  ["an unknown word", { ...valid, deletionPolicy: "Keep" }, 'spec.deletionPolicy "Keep": must be one of MirrorPrune, '],
  [
    "a number in a map",
    { ...valid, postBuild: { substitute: { a: 1 } } },
    "spec.postBuild.substitute.a: must be a string",
  ],
  ["an empty text", { ...valid, namePrefix: "" }, 'spec.namePrefix "": its length is out of bounds'],
  ["a text that is too long", { ...valid, targetNamespace: "n".repeat(200) }, "its length is out of bounds"],
])("%s is a violation that names the field", (_, spec, expected) => {
  expect(violation(spec)).toContain(expected);
});
