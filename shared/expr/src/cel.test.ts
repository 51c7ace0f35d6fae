import { readFileSync } from "node:fs";
import { type Json, type JsonObject, parseJson } from "@sluice/base";
import { expect, test } from "vitest";
import { compileCel } from "./cel.ts";
import { ExprError } from "./errors.ts";

function read(name: string): string {
  return readFileSync(new URL(`../testdata/${name}`, import.meta.url), "utf8");
}

/** What becomes of an expression: its value, or which way it fails. */
type Outcome = { value: Json } | { invalid: true } | { failed: true };
type Case = { expression: string } & Outcome;

const input = parseJson(read("cel-input.json")) as JsonObject;
const cases = parseJson(read("cel.json")) as unknown as readonly Case[];

function outcome(expression: string): Outcome {
  try {
    return { value: compileCel(expression, { variables: ["a", "b", "self", "oldSelf"] }).evaluate(input) };
  } catch (thrown) {
    if (!(thrown instanceof ExprError)) throw thrown;
    return thrown.code === "CEL_INVALID" ? { invalid: true } : { failed: true };
  }
}

for (const { expression, ...expected } of cases) {
  test(`compileCel() agrees with Kubernetes 1.36 on ${expression}`, () => {
    expect(outcome(expression)).toEqual(expected);
  });
}

/** Where the outcome differs from Kubernetes on purpose, and why. */
const DIFFERENCES: readonly (readonly [expression: string, outcome: Outcome, because: string])[] = [
  ["[1] == [1.0]", { value: true }, "kinds of elements are not checked before the expression runs"],
  ["[1] + ['a']", { value: [1, "a"] }, "kinds of elements are not checked before the expression runs"],
  ["int('x')", { failed: true }, "a call of literals fails when it runs, not before"],
  ["{'a': 1, 'a': 2}", { failed: true }, "a map of literals with a key twice fails, as one of variables does"],
  ["'hello'.reverse()", { value: "olleh" }, "Flux has the newest strings library, Kubernetes an older one"],
  ["'%e'.format([12345.678])", { value: "1.234568e+04" }, "Flux has the newest strings library"],
  ["'%s'.format([['a']])", { value: "[a]" }, "Flux has the newest strings library"],
  ["quantity('-1').sign()", { value: -1 }, "Kubernetes documents a method but has a function; both are there"],
  ["google.protobuf.Duration{seconds: 1}", { invalid: true }, "messages cannot be built"],
];

for (const [expression, expected, because] of DIFFERENCES) {
  test(`compileCel() differs from Kubernetes on ${expression}: ${because}`, () => {
    expect(outcome(expression)).toEqual(expected);
  });
}
