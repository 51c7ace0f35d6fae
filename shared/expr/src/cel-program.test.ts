import type { Json, JsonObject } from "@sluice/base";
import { expect, test } from "vitest";
import { compileCel } from "./cel.ts";

function evaluate(expression: string, variables: JsonObject = {}): Json {
  return compileCel(expression).evaluate(variables);
}

const failing = (because: string) =>
  expect.objectContaining({ code: "CEL_FAILED", data: expect.objectContaining({ because }) });
const invalid = expect.objectContaining({ code: "CEL_INVALID" });

test("compileCel() names the place of a mistake", () => {
  expect(() => compileCel("1 +\n  + 2")).toThrow(
    'Cannot compile expression "1 +\\n  + 2": 2:3: Syntax error: unexpected "+"',
  );
  expect(() => compileCel("1 + 'a'")).toThrow("1:3: found no matching overload for '_+_' applied to '(int, string)'");
  expect(() => compileCel("foo(1)")).toThrow("1:1: undeclared reference to 'foo'");
});

test("compileCel() refuses a name that is no variable", () => {
  expect(() => compileCel("dep.x", { variables: ["self"] })).toThrow("undeclared reference to 'dep'");
});

test("compileCel() without variables takes every name, and one that is missing fails when it runs", () => {
  const program = compileCel("status.ready && has(spec.x)");
  expect(program.evaluate({ status: { ready: true }, spec: {} })).toBe(false);
  expect(() => program.evaluate({ status: { ready: true } })).toThrow(failing("error"));
  expect(() => program.evaluate({})).toThrow("no such attribute: status");
});

test("a variable may have the name of a type", () => {
  expect(evaluate("type == 'Opaque'", { type: "Opaque" })).toBe(true);
  expect(evaluate("string == type('a') && list == type([])")).toBe(true);
  expect(compileCel("string(int)", { variables: ["int"] }).evaluate({ int: 5 })).toBe("5");
});

test("an optional variable is empty where it is missing", () => {
  const rule = "oldSelf.hasValue() ? self >= oldSelf.value() : self > 0";
  const program = compileCel(rule, { variables: ["self"], optionalVariables: ["oldSelf"] });
  expect(program.test({ self: 1 })).toBe(true);
  expect(program.test({ self: 1, oldSelf: 2 })).toBe(false);
  expect(compileCel("oldSelf.?x.orValue(7)", { optionalVariables: ["oldSelf"] }).evaluate({})).toBe(7);
});

test("compileCel() tells the kind of the result before it runs", () => {
  const kinds = [
    "self.x == 1",
    "self.x",
    "size(self.x)",
    "'a' + self.x",
    "self.l.map(x, x)",
    "self.?x",
    "true ? self.x : 1",
  ];
  expect(kinds.map((expression) => compileCel(expression).resultKind)).toEqual([
    ...["bool", "dyn", "int", "string"],
    ...["list", "optional", "dyn"],
  ]);
});

test("test() wants a bool", () => {
  expect(compileCel("x > 1").test({ x: 2 })).toBe(true);
  expect(() => compileCel("x").test({ x: "true" })).toThrow("result is not a bool");
});

test("whole numbers are ints and others doubles, whatever their size", () => {
  expect(evaluate("x / 2", { x: 7 })).toBe(3);
  expect(evaluate("x / 2.0", { x: 7.5 })).toBe(3.75);
  expect(evaluate("x + 1", { x: 9007199254740993n })).toBe(9007199254740994n);
  expect(evaluate("x == 9223372036854775807", { x: 9223372036854775807n })).toBe(true);
  expect(evaluate("x", { x: 1e300 })).toBe(1e300);
});

test("results are JSON", () => {
  expect(evaluate("[1, 2].map(x, {'k': x})")).toEqual([{ k: 1 }, { k: 2 }]);
  expect(evaluate("[dyn(b'\\xff'), dyn(timestamp('2020-01-01T00:00:00.5Z')), dyn(duration('90s'))]")).toEqual([
    "/w==",
    "2020-01-01T00:00:00.5Z",
    "90s",
  ]);
  expect(evaluate("[optional.none(), optional.of(1)]")).toEqual([null, 1]);
  expect(evaluate("1.0 / 0.0")).toBe("Infinity");
  expect(evaluate("int")).toBe("int");
  expect(evaluate("quantity('1.5Gi')")).toBe("1610612736");
});

test("a result with two keys of one text fails", () => {
  expect(() => evaluate("{1: 'a', dyn('1'): 'b'}")).toThrow('key "1" occurs twice');
});

test("names of JavaScript's own are plain data", () => {
  const data = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1, "hasOwnProperty": "x"}') as JsonObject;
  expect(evaluate("o.constructor + 1", { o: data })).toBe(2);
  expect(evaluate("o.__proto__.polluted", { o: data })).toBe(true);
  expect(evaluate("o.hasOwnProperty", { o: data })).toBe("x");
  expect(evaluate("has(o.toString) || 'valueOf' in o || has(o.constructor.name)", { o: data })).toBe(false);
  expect(evaluate("__proto__", data)).toEqual({ polluted: true });
  expect(() => evaluate("toString", {})).toThrow("no such attribute");
  expect(JSON.stringify(evaluate("{'__proto__': {'polluted': true}}"))).toBe('{"__proto__":{"polluted":true}}');
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("evaluation leaves its input as it was", () => {
  const list = [3, 1, 2];
  expect(evaluate("l.sort() == [1, 2, 3] && l == [3, 1, 2]", { l: list })).toBe(true);
  expect(list).toEqual([3, 1, 2]);
});

test("an input member that is undefined is absent", () => {
  expect(evaluate("has(o.x) || 'x' in o || size(o) > 0", { o: { x: undefined } })).toBe(false);
});

/** Health and dependency checks as users of Flux write them. */
const CHECKS: readonly (readonly [expression: string, variables: JsonObject, expected: boolean])[] = [
  [
    "status.conditions.filter(e, e.type == 'Ready').all(e, e.status == 'True')",
    { status: { conditions: [{ type: "Ready", status: "True" }] } },
    true,
  ],
  [
    "has(status.conditions) && status.conditions.exists(e, e.type == 'Ready' && e.status == 'False')",
    { status: {} },
    false,
  ],
  [
    "dep.metadata.labels['app/version'] == self.metadata.labels['app/version']",
    { dep: { metadata: { labels: { "app/version": "1" } } }, self: { metadata: { labels: { "app/version": "1" } } } },
    true,
  ],
  ["data.?phase.orValue('none') in ['done', 'none']", { data: {} }, true],
  ["status.readyReplicas >= spec.replicas", { status: { readyReplicas: 3 }, spec: { replicas: 3 } }, true],
  [
    "status.observedGeneration == metadata.generation",
    { status: { observedGeneration: 2 }, metadata: { generation: 3 } },
    false,
  ],
];

for (const [expression, variables, expected] of CHECKS) {
  test(`test() decides ${expression}`, () => {
    expect(compileCel(expression).test(variables)).toBe(expected);
  });
}

/** Expressions that would do, or build, an exponential amount. */
const list = Array.from({ length: 1000 }, (_, index) => index);
const doubled = ".optMap(a, [a, a])".repeat(60);
const EXPENSIVE: readonly (readonly [what: string, expression: string])[] = [
  ["nested maps", Array.from({ length: 60 }).reduce<string>((inner) => `[0, 0].map(x, ${inner})`, "1")],
  ["a loop in a loop in a loop", "l.all(x, l.all(y, l.all(z, x + y + z >= 0)))"],
  ["a list that doubles", `optional.of([0])${doubled}`],
  ["lists that double, compared", `optional.of([0])${doubled} == optional.of([0])${doubled}`],
  ["lists that double, formatted", `optional.of([0])${doubled}.optMap(a, '%s'.format([a]))`],
  ["a text that doubles", `optional.of('ab')${".optMap(a, a + a)".repeat(60)}`],
  ["a long range", "lists.range(1000000000)"],
  ["replacements that multiply", "t.replace('', t)"],
  ["time zones in a loop", "l.all(x, l.all(y, timestamp(0).getHours('Europe/Berlin') == 1))"],
  ["patterns in a loop", "l.all(x, !t.matches('(a|b)*a(a|b){12}c'))"],
];

for (const [what, expression] of EXPENSIVE) {
  test(`evaluate() stops ${what} for its cost`, () => {
    const variables = { l: list, t: "ab".repeat(2500) };
    expect(() => compileCel(expression).evaluate(variables)).toThrow(failing("cost"));
  });
}

test("no part of an expression catches the cost limit", () => {
  expect(() => compileCel("l.all(x, l.all(y, true)) || true", { maxCost: 1000 }).evaluate({ l: list })).toThrow(
    failing("cost"),
  );
  expect(compileCel("l.all(x, true)", { maxCost: 10_000 }).evaluate({ l: list })).toBe(true);
});

test("matches() takes linear time", () => {
  expect(evaluate("t.matches('^(a+)+$')", { t: `${"a".repeat(50_000)}!` })).toBe(false);
});

const DEEP = ["(", "[", "{1:", "a.map(x,", "a[", "a ? b : ", "f("].map((part) => part.repeat(5000));
const LONG = [`a${".b".repeat(300)}`, `a${" + a".repeat(300)}`, "x".repeat(100_001), `"""${"x".repeat(50_000)}`];

for (const expression of [...DEEP, ...LONG]) {
  test(`compileCel() refuses ${expression.length} characters of ${expression.slice(0, 12)}`, () => {
    expect(() => compileCel(expression)).toThrow(invalid);
  });
}

test("long rows of && and ! are no deep nesting", () => {
  expect(evaluate(`a${" && a".repeat(5000)}`, { a: true })).toBe(true);
  expect(evaluate(`${"!".repeat(5001)}a`, { a: true })).toBe(false);
});

test("errors cut a long expression", () => {
  expect(() => compileCel(`${"a".repeat(500)} +`)).toThrow(/^Cannot compile expression "a{80}…": 1:503: /);
});
