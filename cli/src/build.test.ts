import { chmod, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { scratchDir } from "@sluice/base";
import { expect, test } from "vitest";
import { buildCommand } from "./build.ts";
import { type BuildCommandOptions } from "./build-options.ts";

type Files = Readonly<Record<string, string>>;

function configMap(name: string, namespace?: string): string {
  const where = namespace === undefined ? "" : `\n  namespace: ${namespace}`;
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}${where}\n`;
}

async function put(root: string, files: Files): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

/** What the command prints on standard output and standard error, in a folder of these files. */
async function built(
  cwd: string,
  options: Partial<BuildCommandOptions>,
): Promise<{ output: string; warnings: string[] }> {
  const warnings: string[] = [];
  let output = "";
  const write = async (text: string) => {
    output += text;
  };
  const defaults: BuildCommandOptions = {
    dir: ".",
    output: undefined,
    loadRestriction: "root-only",
    sort: "legacy",
    managedByLabel: false,
    warnings: [],
  };
  await buildCommand({ ...defaults, ...options }, { cwd, write, warn: (line) => warnings.push(line) });
  return { output, warnings };
}

test("a kustomization of the disk is built with the bases beside it, and warnings go elsewhere", async () => {
  await using dir = await scratchDir("sluice-build");
  await put(dir.path, {
    "app/kustomization.yaml": "bases: [../base]\n",
    "base/kustomization.yaml": "resources: [a.yaml]\nnamePrefix: base-\n",
    "base/a.yaml": configMap("a"),
  });
  expect(await built(dir.path, { dir: "app" })).toEqual({
    output: configMap("base-a"),
    warnings: ['Warning: app/kustomization.yaml: "bases" is deprecated; use "resources"'],
  });
});

test("a file outside the kustomization's folder needs the restriction lifted", async () => {
  await using dir = await scratchDir("sluice-build");
  await put(dir.path, { "app/kustomization.yaml": "resources: [../a.yaml]\n", "a.yaml": configMap("a") });
  await expect(built(dir.path, { dir: "app" })).rejects.toThrow(
    'Cannot build "app": "a.yaml" is not in or below "app" (in "app/kustomization.yaml", field resources[0])',
  );
  expect((await built(dir.path, { dir: "app", loadRestriction: "none" })).output).toBe(configMap("a"));
});

test("symbolic links are followed first: a base is where its link leads, and a link out of the folder is refused", async () => {
  await using dir = await scratchDir("sluice-build");
  await put(dir.path, {
    "app/kustomization.yaml": "resources: [linked]\n",
    "real/base/kustomization.yaml": "resources: [a.yaml, ../sibling]\n",
    "real/base/a.yaml": configMap("a"),
    "real/sibling/kustomization.yaml": "resources: [b.yaml]\n",
    "real/sibling/b.yaml": configMap("b"),
    "bad/kustomization.yaml": "resources: [c.yaml]\n",
  });
  await symlink("../real/base", join(dir.path, "app/linked"));
  await symlink("../real/base/a.yaml", join(dir.path, "bad/c.yaml"));
  expect((await built(dir.path, { dir: "app" })).output).toBe(`${configMap("a")}---\n${configMap("b")}`);
  await expect(built(dir.path, { dir: "bad" })).rejects.toThrow('is not in or below "bad"');
});

test("a failure names paths as the user would, also above the working directory", async () => {
  await using dir = await scratchDir("sluice-build");
  await put(dir.path, { "app/kustomization.yaml": "resources: [nope.yaml]\n", "work/here.txt": "" });
  const message = (shown: string) =>
    `Cannot build "${shown}": "nope.yaml" is neither a file nor a folder (in "${shown}/kustomization.yaml", field resources[0])`;
  await expect(built(dir.path, { dir: "app" })).rejects.toThrow(message("app"));
  await expect(built(join(dir.path, "work"), { dir: "../app" })).rejects.toThrow(message(join(dir.path, "app")));
});

test("a path that is no folder is said to be none, and so is a folder without a kustomization", async () => {
  await using dir = await scratchDir("sluice-build");
  await put(dir.path, { "a.yaml": "" });
  for (const [given, fault] of [
    ["nope", "there is no such folder"],
    ["a.yaml", "it is a file: name its folder"],
    ["", "no folder is named"],
    ["https://example.com/o/r", "remote kustomizations are not fetched"],
  ] as const) {
    await expect(built(dir.path, { dir: given })).rejects.toThrow(`Cannot build "${given}": ${fault}`);
  }
  await expect(built(dir.path, {})).rejects.toThrow('Cannot build ".": there is no kustomization file in "."');
});

test("the output goes to a file, or to a folder with a file for each object", async () => {
  await using dir = await scratchDir("sluice-build");
  const namespace = "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: Shop\n";
  await put(dir.path, {
    "kustomization.yaml": "resources: [all.yaml]\n",
    "all.yaml": [configMap("a", "x"), configMap("b"), namespace].join("---\n"),
    "many/keep.txt": "",
  });
  expect((await built(dir.path, { output: "one.yaml" })).output).toBe("");
  expect(await readFile(join(dir.path, "one.yaml"), "utf8")).toBe((await built(dir.path, {})).output);
  await built(dir.path, { output: "many" });
  const names = ["default_v1_configmap_b.yaml", "keep.txt", "v1_namespace_shop.yaml", "x_v1_configmap_a.yaml"];
  expect((await readdir(join(dir.path, "many"))).sort()).toEqual(names);
  expect(await readFile(join(dir.path, "many/v1_namespace_shop.yaml"), "utf8")).toBe(namespace);
});

test("an object whose name leads out of the output folder is not written, and neither is any other", async () => {
  await using dir = await scratchDir("sluice-build");
  await put(dir.path, {
    "kustomization.yaml": "resources: [all.yaml]\n",
    "all.yaml": [configMap("a"), configMap("/../../evil")].join("---\n"),
    "many/keep.txt": "",
  });
  await expect(built(dir.path, { output: "many" })).rejects.toThrow("is no name of a file");
  expect([await readdir(join(dir.path, "many")), await readdir(dir.path)].flat().sort()).toEqual([
    "all.yaml",
    "keep.txt",
    "kustomization.yaml",
    "many",
  ]);
});

test("an output that cannot be written is an error that says so", async () => {
  await using dir = await scratchDir("sluice-build");
  await put(dir.path, { "kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": configMap("a") });
  await expect(built(dir.path, { output: "no/such/place.yaml" })).rejects.toThrow(
    'Cannot write "no/such/place.yaml": there is no such folder',
  );
  await expect(built(dir.path, { output: "nosuch/" })).rejects.toThrow(
    'Cannot write "nosuch/": there is no such folder',
  );
});

test("what is no regular file is not read, and a file that may not be read is an error", async () => {
  await using dir = await scratchDir("sluice-build");
  await put(dir.path, { "kustomization.yaml": "resources: [zero]\n" });
  await symlink("/dev/zero", join(dir.path, "zero"));
  await expect(built(dir.path, { loadRestriction: "none" })).rejects.toThrow('"zero" is neither a file nor a folder');
  await put(dir.path, { "kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": configMap("a") });
  await chmod(join(dir.path, "a.yaml"), 0);
  if (process.getuid?.() !== 0) await expect(built(dir.path, {})).rejects.toThrow("permission denied");
});
