import type { Json, JsonObject } from "@sluice/base";
import { expect, test } from "vitest";
import { compileCel } from "./cel.ts";

const schema: JsonObject = {
  type: "object",
  properties: {
    ratio: { type: "number" },
    count: { type: "integer" },
    port: { "x-kubernetes-int-or-string": true },
    when: { type: "string", format: "date-time" },
    day: { type: "string", format: "date" },
    span: { type: "string", format: "duration" },
    secret: { type: "string", format: "byte" },
    "a-b": { type: "string" },
    "a.b/c": { type: "string" },
    under__score: { type: "string" },
    namespace: { type: "string" },
    items: { type: "array", items: { type: "object", properties: { weight: { type: "number" } } } },
    labels: { type: "object", additionalProperties: { type: "number" } },
  },
};

function evaluate(expression: string, self: Json): Json {
  return compileCel(expression, { variables: ["self"], schemas: { self: schema } }).evaluate({ self });
}

/** Expression, the value of `self`, the result. */
const RULES: readonly (readonly [expression: string, self: Json, expected: Json])[] = [
  ["self.ratio * 1.5", { ratio: 2 }, 3],
  ["type(self.ratio) == double", { ratio: 5 }, true],
  ["self.count * 2", { count: 2 }, 4],
  ["type(self.port) == int", { port: 80 }, true],
  ["type(self.port) == string", { port: "80%" }, true],
  ["self.when < timestamp('2025-01-01T00:00:00Z')", { when: "2024-01-01T00:00:00Z" }, true],
  ["self.day.getFullYear()", { day: "2024-02-29" }, 2024],
  ["self.span > duration('1m')", { span: "1h" }, true],
  ["string(self.secret)", { secret: "aGk=" }, "hi"],
  ["self.a__dash__b", { "a-b": "x" }, "x"],
  ["self.a__dot__b__slash__c", { "a.b/c": "y" }, "y"],
  ["self.under__underscores__score", { under__score: "z" }, "z"],
  ["self.__namespace__", { namespace: "n" }, "n"],
  ["has(self.a__dash__b)", { "a-b": "x" }, true],
  ["has(self.a__dash__b)", {}, false],
  ["self.items.map(i, i.weight / 2.0)", { items: [{ weight: 3 }] }, [1.5]],
  ["self.labels.all(k, self.labels[k] / 2.0 > 0.0)", { labels: { a__dash__b: 1 } }, true],
  ["self.unknown", { unknown: 1 }, 1],
];

for (const [expression, self, expected] of RULES) {
  test(`a schema makes ${expression} of ${JSON.stringify(self)} ${JSON.stringify(expected)}`, () => {
    expect(evaluate(expression, self)).toEqual(expected);
  });
}

test("a text that does not have its format stays a text", () => {
  expect(evaluate("self.when", { when: "yesterday" })).toBe("yesterday");
});

test("a value that is not of its schema's type is read by its own", () => {
  expect(evaluate("self.ratio", { ratio: "x" })).toBe("x");
  expect(evaluate("self.items", { items: { a: 1 } })).toEqual({ a: 1 });
  expect(evaluate("self", null)).toBeNull();
});
