import { readdirSync, readFileSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import * as room from "./mod.ts";

const text = readFileSync(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");
const examples = [...text.matchAll(/```js\n([\s\S]*?)```/g)].map(([, example = ""]) => example);

test("the tree of a folder that the README shows can be built from", () => {
  const [, body = ""] = /from "node:fs";\n([\s\S]*)$/.exec(examples[1] ?? "") ?? [];
  const folderTree = runInNewContext(`${body}; folderTree`, { readdirSync, readFileSync, statSync }) as (
    root: string,
  ) => room.FileTree;
  const root = fileURLToPath(new URL("../testdata/prefix-suffix-layers", import.meta.url));
  const { objects } = room.build(folderTree(`${root}/input`), "overlay");
  expect(room.renderYaml(objects)).toBe(readFileSync(`${root}/expected.yaml`, "utf8"));
});

test("the example of the README prints what its comments say", () => {
  const [example = ""] = examples;
  const [, imported = "", body = ""] =
    /^import \{ ([^}]+) \} from "@sluice\/kustomize";\n([\s\S]*)$/.exec(example) ?? [];
  expect(imported.split(", ").filter((name) => !(name in room))).toEqual([]);
  const printed: string[] = [];
  runInNewContext(body, { ...room, console: { log: (...values: unknown[]) => printed.push(values.join(" ")) } });
  expect(printed).toEqual([
    "apiVersion: v1\nkind: Service\nmetadata:\n  name: prod-web\n",
    "base/service.yaml 1 0",
    "false",
  ]);
});
