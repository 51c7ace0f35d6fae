import { expect, test } from "vitest";
import { displayPath, keyElement, parsePathElement, valueElement } from "./path-element.ts";

const shown: readonly (readonly [string[], string])[] = [
  [["f:spec", "f:replicas"], ".spec.replicas"],
  [["f:spec", keyElement({ name: "c" }), "f:image"], '.spec[name="c"].image'],
  [[keyElement({ protocol: "TCP", port: 80 })], '[port=80,protocol="TCP"]'],
  [["f:finalizers", valueElement("a/b")], '.finalizers[="a/b"]'],
  [["i:3"], "[3]"],
];

for (const [path, text] of shown) {
  test(`displayPath() shows ${text}`, () => {
    expect(displayPath(path)).toBe(text);
  });
}

test("keyElement() is the same for the same keys in any order", () => {
  expect(keyElement({ b: 1, a: "x" })).toBe(keyElement({ a: "x", b: 1 }));
});

for (const text of [
  'k:{"name":"a-b.c/d"}',
  'k:{"containerPort":80}',
  'k:{"name":"ä"}',
  'k:{"port":1.5}',
  'v:"x"',
  "f:a:b",
]) {
  test(`parsePathElement() keeps ${text}, which is canonical`, () => {
    expect(parsePathElement(text)).toBe(text);
  });
}

test("parsePathElement() spells keys canonically", () => {
  expect(parsePathElement('k:{"b":1, "a":2}')).toBe('k:{"a":2,"b":1}');
});
