import { expect, test } from "vitest";
import { jsonPathText, readJsonPath } from "./json-path.ts";

const object = {
  metadata: { labels: { "example.com/a": "1", plain: "2" } },
  status: {
    conditions: [
      { type: "Ready", status: "True", weight: 3 },
      { type: "Other", status: "False" },
    ],
    list: ["a", "b", "c"],
  },
};

test.each([
  [".status.list[0]", ["a"]],
  ["$.status.list[-1]", ["c"]],
  [".status.list[0:2]", ["a", "b"]],
  [".status.list[*]", ["a", "b", "c"]],
  ['.status.conditions[?(@.type=="Ready")].status', ["True"]],
  [".status.conditions[?(@.type=='Ready')].status", ["True"]],
  [".status.conditions[?(@.weight>2)].type", ["Ready"]],
  [".status.conditions[?(@.weight)].type", ["Ready"]],
  ['.status.conditions[?(@.type!="Ready")].status', ["False"]],
  [".metadata.labels['plain']", ["2"]],
  [".metadata.labels['example\\.com/a']", ["1"]],
  [".metadata.labels.example\\.com/a", ["1"]],
  ["..type", ["Ready", "Other"]],
  [".status.nothing", []],
  [".status.list[9]", []],
  [".constructor", []],
  [".status.list[", []],
])("the path %s finds %j", (path, expected) => {
  expect(readJsonPath(object, path)).toEqual(expected);
});

test("jsonPathText() joins several values and writes objects as JSON", () => {
  expect(jsonPathText(["a", 1, { b: true }])).toBe('a,1,{"b":true}');
});
