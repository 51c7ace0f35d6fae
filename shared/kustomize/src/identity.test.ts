import { expect, test } from "vitest";
import { compareText, effectiveNamespace, gvkOrder, selectsGvk, splitApiVersion } from "./identity.ts";

test("splitApiVersion() takes a version without a slash as one of the core group", () => {
  expect(splitApiVersion("v1")).toEqual({ group: "", version: "v1" });
  expect(splitApiVersion("apps/v1")).toEqual({ group: "apps", version: "v1" });
  expect(splitApiVersion("")).toEqual({ group: "", version: "" });
});

test("no namespace and the default one are the same", () => {
  expect(effectiveNamespace("", false)).toBe(effectiveNamespace("default", false));
  expect(effectiveNamespace("x", true)).toBe(effectiveNamespace("", true));
});

test("selectsGvk() asks only for the parts that are given", () => {
  const deployment = { group: "apps", version: "v1", kind: "Deployment" };
  expect(selectsGvk({}, deployment)).toBe(true);
  expect(selectsGvk({ kind: "Deployment" }, deployment)).toBe(true);
  expect(selectsGvk({ group: "", kind: "Deployment", version: "v2" }, deployment)).toBe(false);
});

test("compareText() orders by code point, not by code unit", () => {
  expect(["\u{1F600}", "\uFFFD", "b", "a", "ab"].sort(compareText)).toEqual(["a", "ab", "b", "\uFFFD", "\u{1F600}"]);
});

test("gvkOrder() puts listed kinds first and last, and blanks after letters", () => {
  const kinds = [
    { group: "", version: "v1", kind: "Pod" },
    { group: "apps", version: "v1", kind: "Zed" },
    { group: "x", version: "v1", kind: "Last" },
    { group: "x", version: "v1", kind: "First" },
  ];
  expect(kinds.sort(gvkOrder(["First"], ["Last"])).map(({ kind }) => kind)).toEqual(["First", "Zed", "Pod", "Last"]);
});
