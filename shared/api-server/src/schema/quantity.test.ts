import { expect, test } from "vitest";
import { canonicalQuantity, nanosOf, parseQuantity, type Quantity, quantityError } from "./quantity.ts";

/** What kube-apiserver 1.36 stores for each spelling. */
const canonical: readonly (readonly [string | number, string])[] = [
  ["0", "0"],
  [0.5, "500m"],
  ["1.5", "1500m"],
  ["100m", "100m"],
  ["1000m", "1"],
  ["2000000000", "2G"],
  [1024, "1024"],
  ["1Mi", "1Mi"],
  ["1024Mi", "1Gi"],
  ["1500Mi", "1500Mi"],
  ["1023Ki", "1023Ki"],
  ["1.5Gi", "1536Mi"],
  ["0.1Ki", "102400m"],
  ["1.0000000001Gi", "1073741824107374183n"],
  ["10Ei", "9223372036854775807"],
  ["1e3", "1e3"],
  ["1E3", "1E3"],
  ["1e+3", "1e+3"],
  ["1e1", "10"],
  ["15e2", "1500"],
  ["1500e0", "1500e0"],
  ["1500e-3", "1500e-3"],
  ["1e18", "1e18"],
  ["1e19", "10e18"],
  ["1e30", "1e30"],
  ["1e1000000000", "10e999999999"],
  ["100k", "100k"],
  ["100000", "100k"],
  ["-1.5", "-1500m"],
  ["+5", "+5"],
  ["007", "007"],
  [".5", "500m"],
  ["5.", "5."],
  ["1u", "1u"],
  ["1n", "1n"],
  ["0.1n", "1n"],
  ["1.23456789012", "1234567891n"],
  ["9223372036854775808", "9223372036854775808"],
  ["123456789123456789123456789", "123456789123456789123456789"],
  ["1000000000000000000000m", "1E"],
];

for (const [written, stored] of canonical) {
  test(`canonicalQuantity() stores ${JSON.stringify(written)} as ${stored}`, () => {
    expect(canonicalQuantity(written)).toBe(stored);
  });
}

for (const bad of ["", "x", "1x", "1 Gi", "1GiB", "1e", "--1", "1.2.3", "1Ki3", "e3", ".", "1e+", "1e3.5"]) {
  test(`canonicalQuantity() refuses ${JSON.stringify(bad)}`, () => {
    expect(canonicalQuantity(bad)).toBeUndefined();
  });
}

test("canonicalQuantity() takes no longer for an enormous exponent", () => {
  expect(canonicalQuantity("1e999999999999")).toBe("1e999999999999");
  expect(canonicalQuantity("1.5e-999999999999")).toBe("1e-9");
});

test("quantityError() tells a bad suffix from a bad number", () => {
  expect(quantityError("1Ki5")).toBe("unable to parse quantity's suffix");
  expect(quantityError("1x")).toMatch(/^quantities must match/);
});

test("parseQuantity() compares by nanosOf() whatever the suffix", () => {
  const nanos = (text: string) => nanosOf(parseQuantity(text) as Quantity);
  expect(nanos("1Gi")).toBe(nanos("1073741824"));
  expect(nanos("1000m")).toBe(nanos("1e0"));
  expect(nanos("1e999999999") > nanos("1E")).toBe(true);
});
