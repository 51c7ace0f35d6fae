import { expect, test } from "vitest";
import { repeatedKeys } from "./repeated-keys.ts";

test.each([
  ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}', []],
  ['{"a":1,"a":2}', ['duplicate field "a"']],
  ['{"a":{"b":1,"b":2,"b":3}}', ['duplicate field "a.b"']],
  ['{"a":[{"b":1},{"b":1,"b":2}]}', ['duplicate field "a[1].b"']],
  ['{"a":"a\\"a","\\u0061":1}', ['duplicate field "a"']],
  ['{"a":"{\\"b\\":1,\\"b\\":2}"}', []],
  ['[{"x":[1,2,{"y":1,"y":1}]}]', ['duplicate field "[0].x[2].y"']],
])("repeatedKeys(%s) finds %j", (text, expected) => {
  expect(repeatedKeys(text)).toEqual(expected);
});
