import { parseJson, type Json, type JsonObject } from "@sluice/base";
import { expect, test } from "vitest";
import { applyJsonPatch, JsonPatchError, parseJsonPatch } from "./json-patch.ts";

function patched(target: string, patch: string): Json {
  return applyJsonPatch(parseJson(target) as JsonObject, parseJsonPatch(patch) ?? []);
}

const APPLIED: readonly (readonly [target: string, patch: string, result: string])[] = [
  ['{"a":1}', '[{"op":"add","path":"/b","value":null}]', '{"a":1,"b":null}'],
  ['{"a":[1,3]}', '[{"op":"add","path":"/a/1","value":2}]', '{"a":[1,2,3]}'],
  ['{"a":[1]}', '[{"op":"add","path":"/a/-","value":2}]', '{"a":[1,2]}'],
  ['{"a":[1,2]}', '[{"op":"remove","path":"/a/-1"}]', '{"a":[1]}'],
  ['{"a/b":{"~":1}}', '[{"op":"replace","path":"/a~1b/~0","value":2}]', '{"a/b":{"~":2}}'],
  ['{"a":1}', '[{"op":"replace","path":"/b","value":2}]', '{"a":1,"b":2}'],
  ['{"a":{"b":1}}', '[{"op":"move","from":"/a/b","path":"/c"}]', '{"a":{},"c":1}'],
  [
    '{"a":{"b":1}}',
    '[{"op":"copy","from":"/a","path":"/c"},{"op":"replace","path":"/c/b","value":2}]',
    '{"a":{"b":1},"c":{"b":2}}',
  ],
  ['{"a":1}', '[{"op":"test","path":"/b","value":null},{"op":"test","path":"/a","value":1}]', '{"a":1}'],
  ['{"a":1}', '[{"op":"replace","path":"","value":{"b":2}}]', '{"b":2}'],
  ['{"a":1}', '[{"op":"replace","path":"/b","value":2}]', '{"a":1,"b":2}'],
  ['{"a":1}', '[{"op":"copy","from":"/x","path":"/b"}]', '{"a":1,"b":null}'],
  ['{"a":1}', "- op: add\n  path: /b\n  value: on\n", '{"a":1,"b":true}'],
  ["{}", '[{"op":"add","path":"/__proto__","value":{"x":1}}]', '{"__proto__":{"x":1}}'],
];

for (const [target, patch, result] of APPLIED) {
  test(`applyJsonPatch() makes ${result} of ${target}`, () => {
    expect(patched(target, patch)).toEqual(parseJson(result));
    expect(({} as Record<string, unknown>)["x"]).toBeUndefined();
  });
}

const REFUSED: readonly (readonly [patch: string, message: string])[] = [
  ['[{"op":"remove","path":"/b"}]', '"/b" does not exist'],
  ['[{"op":"replace","path":"/b/c","value":1}]', '"/b/c" does not exist'],
  ['[{"op":"add","path":"/b/c","value":1}]', '"/b/c" does not exist'],
  ['[{"op":"add","path":"/a/3","value":1}]', '"3" is no index of a list of 2'],
  ['[{"op":"add","path":"/a/01x","value":1}]', '"01x" is no index'],
  ['[{"op":"remove","path":"/a/2"}]', '"2" is no index'],
  ['[{"op":"test","path":"/a/0","value":5}]', 'test of "/a/0" failed'],
  ['[{"op":"copy","from":"/x/z","path":"/y"}]', '"/x/z" does not exist'],
  ['[{"op":"move","from":"/x","path":"/y"}]', '"/x" does not exist'],
  ['[{"op":"replace","path":"","value":1}]', "leaves something that is no object"],
  ['[{"op":"merge","path":"/a"}]', 'unknown operation "merge"'],
  ['[{"op":"add","value":1}]', 'lacks "path"'],
  ['[{"op":"add","path":"a","value":1}]', "starts without /"],
  ['[{"op":"move","path":"/a"}]', 'lacks "from"'],
  ["{a: b}", "a list of operations"],
  ["[1]", "an operation is a mapping"],
];

for (const [patch, message] of REFUSED) {
  test(`a JSON patch is refused: ${patch}`, () => {
    expect(() => patched('{"a":[1,2]}', patch)).toThrow(message);
    expect(() => patched('{"a":[1,2]}', patch)).toThrow(JsonPatchError);
  });
}

test("parseJsonPatch() reads the first YAML document only, and nothing from an empty text", () => {
  expect(parseJsonPatch("---\n- {op: remove, path: /a}\n---\n- x\n")).toHaveLength(1);
  expect(parseJsonPatch("# nothing\n")).toBeUndefined();
});
