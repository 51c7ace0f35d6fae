import { type KubeObject } from "@sluice/api";
import { expect, test } from "vitest";
import { maskSecrets } from "./mask.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");
const secret = (more: Partial<KubeObject>): KubeObject => ({
  apiVersion: "v1",
  kind: "Secret",
  metadata: { name: "s" },
  ...more,
});

test.each([
  ["a value as it stands", { data: { p: "not_b64" } }, 'illegal "not_b64" value', 'illegal "*****" value'],
  ["a decoded value", { data: { p: base64("canary-1") } }, "got canary-1!", "got *****!"],
  ["an encoded value", { stringData: { p: "canary-1" } }, `got ${base64("canary-1")}`, "got *****"],
  ["a URL-encoded value", { stringData: { p: "a b/canary" } }, "at ?q=a%20b%2Fcanary", "at ?q=*****"],
  ["a quoted value", { stringData: { p: 'ca"na\nry' } }, String.raw`got "ca\"na\nry"`, 'got "*****"'],
  ["one line of a value", { stringData: { p: "first line\nsecond line" } }, "bad: second line", "bad: *****"],
  ["a number", { stringData: { p: 123456 } }, "Value:123456}", "Value:*****}"],
  ["a short value where it stands alone", { stringData: { p: "ab" } }, 'cab "ab" ab', 'cab "*****" *****'],
  ["a value inside a list", { data: { p: ["canary-2"] } }, "[canary-2]", "[*****]"],
])("maskSecrets() hides %s", (_, more, text, expected) => {
  expect(maskSecrets(text, secret(more))).toBe(expected);
});

test("maskSecrets() hides what an old annotation repeats", () => {
  const annotations = { "kubectl.kubernetes.io/last-applied-configuration": '{"data":{"p":"b2xk"}}' };
  const text = 'annotation {"data":{"p":"b2xk"}} is too long';
  expect(maskSecrets(text, secret({ metadata: { name: "s", annotations } }))).toBe("annotation ***** is too long");
});

test("maskSecrets() hides values of anything that calls itself a Secret, and of nothing else", () => {
  const data = { p: "canary-3" };
  expect(maskSecrets("canary-3", { ...secret({ data }), apiVersion: "example.com/v1" })).toBe("*****");
  expect(maskSecrets("canary-3", { ...secret({ data }), kind: "ConfigMap" })).toBe("canary-3");
});

test("maskSecrets() leaves texts without secrets, and survives odd values", () => {
  const odd = secret({ data: { a: "", b: null, c: "\ud800" }, stringData: "text" });
  expect(maskSecrets("nothing to hide", odd)).toBe("nothing to hide");
});
