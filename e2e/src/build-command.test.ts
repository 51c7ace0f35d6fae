import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { scratchDir } from "@sluice/base";
import { expect, test } from "vitest";
import { describeReal } from "./describe-real.ts";

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

function ended(program: string, args: readonly string[], cwd = root): Ended {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: "utf8", timeout: 60_000 });
  return { code: status, stdout, stderr };
}

function sluiceBuild(args: readonly string[], cwd?: string): Ended {
  return ended(process.execPath, [command, "build", ...args], cwd);
}

await describeReal("sluice build beside kustomize", ["kustomize"], (assets) => {
  const differing = (among: readonly string[], flags: readonly string[]) =>
    among.filter((folder) => {
      const args = [folder, ...flags];
      const [ours, theirs] = [sluiceBuild(args), ended(assets().path.kustomize, ["build", ...args])];
      return ours.code !== theirs.code || ours.stdout !== theirs.stdout;
    });

  test("prints the same bytes and ends with the same code for every case", () => {
    expect(differing(folders, [])).toEqual([]);
  });

  test("so it does unrestricted, unsorted and labelled, for every third case", () => {
    const flags = ["--load-restrictor", "LoadRestrictionsNone", "--reorder", "none", "--enable-managedby-label"];
    const third = folders.filter((_, index) => index % 3 === 0);
    expect(differing(third, flags)).toEqual([]);
  });

  test("writes the same files into a folder", async () => {
    await using dir = await scratchDir("sluice-output");
    const files = (program: (output: string) => Ended, name: string) => {
      const output = join(dir.path, name);
      return mkdir(output).then(() => {
        expect(program(output)).toMatchObject({ code: 0, stdout: "" });
        return readdirSync(output).map((file) => [file, readFileSync(join(output, file), "utf8")]);
      });
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

test("sluice build . is the default, and a reader that closes early is no failure", () => {
  const folder = join(root, "cli/example/apps/dev");
  expect(sluiceBuild([], folder)).toEqual(sluiceBuild([folder]));
  const piped = ended("sh", ["-c", `"${process.execPath}" "${command}" build "${folder}" | true`]);
  expect(piped).toEqual({ code: 0, stdout: "", stderr: "" });
});

test("a build that fails says why in one line and ends with 1, a command line that makes no sense with 2", () => {
  expect(sluiceBuild(["docs"])).toEqual({
    code: 1,
    stdout: "",
    stderr: 'Cannot build "docs": there is no kustomization file in "docs"\n',
  });
  expect(sluiceBuild(["--reorder", "fifo", "docs"])).toEqual({
    code: 2,
    stdout: "",
    stderr: '--reorder "fifo" is none of legacy, none\n',
  });
  expect(sluiceBuild(["--colour"]).code).toBe(2);
  expect(sluiceBuild(["a", "b"]).code).toBe(2);
});
