import { expect, test } from "vitest";
import { leaseName } from "./lease-name.ts";

test("leaseName() is Flux's for a controller that takes every object", () => {
  expect(leaseName("source-controller", "")).toBe("source-controller-leader-election");
});

test("leaseName() ends in eight digits of the selector's SHA-256 for a shard, as Flux's does", () => {
  expect(leaseName("foo", "bar")).toBe("foo-leader-election-fcde2b2e");
});
