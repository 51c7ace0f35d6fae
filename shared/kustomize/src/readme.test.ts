import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import * as room from "./mod.ts";

test("the example of the README prints what its comments say", () => {
  const text = readFileSync(fileURLToPath(new URL("../README.md", import.meta.url)), "utf8");
  const [, example = ""] = /```js\n([\s\S]*?)```/.exec(text) ?? [];
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
