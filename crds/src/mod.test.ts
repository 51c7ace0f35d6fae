import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { allCrds } from "./mod.ts";
import { crdText } from "./text.ts";

const folder = new URL("../manifests/", import.meta.url);

test.each([...allCrds()])("%s is what the schemas of the api room say", async (file, crd) => {
  expect(await readFile(new URL(file, folder), "utf8")).toBe(crdText(crd));
});

test("there is no CustomResourceDefinition file that nothing generates", async () => {
  const files = (await readdir(folder)).filter((name) => name.endsWith(".yaml"));
  expect(files.sort()).toEqual([...allCrds().keys()].sort());
});
