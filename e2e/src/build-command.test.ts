import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { scratchDir } from "@sluice/base";
import { expect, test } from "vitest";
import { run } from "./commands.ts";
import { describeReal } from "./describe-real.ts";
import { E2eError } from "./errors.ts";

const root = join(import.meta.dirname, "../..");
const command = join(root, "dist/sluice.mjs");
const cases = join(root, "shared/kustomize/testdata");

/** Folders to build: each case of the builder's suite, and the overlays of the example. */
const folders = [
  ...readdirSync(cases).map((name) => {
    const input = join(cases, name, "input");
    return existsSync(join(input, "overlay")) ? join(input, "overlay") : input;
  }),
  ...["dev", "staging", "prod", "base"].map((name) => join(root, "cli/example/apps", name)),
  join(root, "cli/example/infrastructure"),
];

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

async function ended(program: string, args: readonly string[], cwd = root): Promise<Ended> {
  try {
    return { code: 0, ...(await run(program, args, { cwd })) };
  } catch (thrown) {
    if (thrown instanceof E2eError && "stdout" in thrown.data) return thrown.data;
    throw thrown;
  }
}

function sluiceBuild(args: readonly string[], cwd?: string): Promise<Ended> {
  return ended(process.execPath, [command, "build", ...args], cwd);
}

await describeReal("sluice build beside kustomize", ["kustomize"], (assets) => {
  const differing = async (among: readonly string[], flags: readonly string[]) => {
    const found: string[] = [];
    for (const folder of among) {
      const args = [folder, ...flags];
      const [ours, theirs] = await Promise.all([sluiceBuild(args), ended(assets().path.kustomize, ["build", ...args])]);
      if (ours.code !== theirs.code || ours.stdout !== theirs.stdout) found.push(folder);
    }
    return found;
  };

  test("prints the same bytes and ends with the same code for every case", async () => {
    expect(await differing(folders, [])).toEqual([]);
  });

  test("so it does unrestricted, unsorted and labelled, for every third case", async () => {
    const flags = ["--load-restrictor", "LoadRestrictionsNone", "--reorder", "none", "--enable-managedby-label"];
    const third = folders.filter((_, index) => index % 3 === 0);
    expect(await differing(third, flags)).toEqual([]);
  });

  test("writes the same files into a folder", async () => {
    await using dir = await scratchDir("sluice-output");
    const files = async (program: (output: string) => Promise<Ended>, name: string) => {
      const output = join(dir.path, name);
      await mkdir(output);
      expect(await program(output)).toMatchObject({ code: 0, stdout: "" });
      return readdirSync(output).map((file) => [file, readFileSync(join(output, file), "utf8")]);
    };
    for (const folder of ["cli/example/apps/prod", "shared/kustomize/testdata/namespace-everything/input"]) {
      const name = folder.replaceAll("/", "-");
      const ours = await files((output) => sluiceBuild([folder, "-o", output]), `${name}-ours`);
      const theirs = await files(
        (output) => ended(assets().path.kustomize, ["build", folder, "-o", output]),
        `${name}-theirs`,
      );
      expect(ours).toEqual(theirs);
      expect(ours.length).toBeGreaterThan(0);
    }
  });
});

test("sluice build . is the default, and a reader that closes early is no failure", async () => {
  const folder = join(root, "cli/example/apps/dev");
  expect(await sluiceBuild([], folder)).toEqual(await sluiceBuild([folder]));
  const piped = await ended("sh", ["-c", `"${process.execPath}" "${command}" build "${folder}" | true`]);
  expect(piped).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("a build that fails says why in one line and ends with 1, a command line that makes no sense with 2", async () => {
  expect(await sluiceBuild(["docs"])).toEqual({
    code: 1,
    stdout: "",
    stderr: 'Cannot build "docs": there is no kustomization file in "docs"\n',
  });
  expect(await sluiceBuild(["--reorder", "fifo", "docs"])).toEqual({
    code: 2,
    stdout: "",
    stderr: '--reorder "fifo" is none of legacy, none\n',
  });
  expect((await sluiceBuild(["--colour"])).code).toBe(2);
  expect((await sluiceBuild(["a", "b"])).code).toBe(2);
});
