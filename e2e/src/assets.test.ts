import { existsSync } from "node:fs";
import { chmod, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratchDir } from "@sluice/base";
import { expect, test } from "vitest";
import { versionFlags } from "./asset-build.ts";
import { kubeAssets } from "./assets.ts";

const silent = { progress: () => {} };

/** A machine with an empty cache and, in place of Go, a script: `env` answers, `build` logs its call and does `onBuild`. */
async function machine(onBuild: string) {
  const dir = await scratchDir("assets");
  const bin = join(dir.path, "bin");
  await mkdir(bin);
  const script = `#!/bin/sh
if [ "$1" = env ]; then printf 'go1\\nlinux\\namd64\\n'; exit 0; fi
echo "CGO_ENABLED=$CGO_ENABLED $*" >> "${dir.path}/builds"
while [ "$1" != -o ]; do shift; done
out=$2
${onBuild}
`;
  await writeFile(join(bin, "go"), script);
  await chmod(join(bin, "go"), 0o755);
  const env = { PATH: `${bin}:/bin:/usr/bin`, XDG_CACHE_HOME: join(dir.path, "cache") };
  const builds = async () => (await readFile(join(dir.path, "builds"), "utf8")).trimEnd().split("\n");
  return { env, builds, cache: join(dir.path, "cache", "sluice"), [Symbol.asyncDispose]: dir[Symbol.asyncDispose] };
}

const working = 'for name in hyperkube nats-server server kustomize; do echo "I am $name" > "$out/$name"; done';

test("kubeAssets() builds what is missing, once, and finds it again", async () => {
  await using fake = await machine(working);
  const first = await kubeAssets(["kubectl", "etcd", "nats-server"], { env: fake.env, ...silent });
  const again = await kubeAssets(["kustomize"], { env: fake.env, ...silent });
  if ("missing" in first || "missing" in again) throw new Error("missing");
  const texts = await Promise.all(Object.values(first.path).map((path) => readFile(path, "utf8")));
  expect(texts).toEqual(["I am hyperkube\n", "I am server\n", "I am nats-server\n"]);
  expect(await readFile(again.path.kustomize, "utf8")).toBe("I am kustomize\n");
  const builds = await fake.builds();
  expect(builds).toHaveLength(1);
  expect(builds[0]).toMatch(/^CGO_ENABLED=0 build -trimpath -ldflags -s -w -X .*gitVersion=v1\.\d+\.\d+ /);
});

test("kubeAssets() builds the oracle of kustomize on its own, and nothing large with it", async () => {
  await using fake = await machine('echo "I am the oracle" > "$out/kustomize-oracle"');
  const found = await kubeAssets(["kustomize-oracle"], { env: fake.env, ...silent });
  if ("missing" in found) throw new Error(found.missing);
  expect(await readFile(found.path["kustomize-oracle"], "utf8")).toBe("I am the oracle\n");
  expect((await fake.builds()).map((line) => line.split("/ ")[1])).toEqual(["./kustomize-oracle"]);
});

test("kubeAssets() called twice at once builds once", async () => {
  await using fake = await machine(`sleep 0.2; ${working}`);
  const both = [1, 2].map(() => kubeAssets(["kubectl"], { env: fake.env, ...silent }));
  const [one, two] = await Promise.all(both);
  expect(one).toEqual(two);
  expect(await fake.builds()).toHaveLength(1);
});

test("kubeAssets() tells the end of a failed build, keeps nothing of it, and tries again", async () => {
  await using fake = await machine('touch "$out/half"; echo "main.go:1: broken" >&2; exit 1');
  const tried = await kubeAssets(["kubectl"], { env: fake.env, ...silent });
  expect(tried).toEqual({ missing: expect.stringContaining("main.go:1: broken") });
  expect(await readdir(fake.cache)).toEqual([]);
  await kubeAssets(["kubectl"], { env: fake.env, ...silent });
  expect(await fake.builds()).toHaveLength(2);
});

test("kubeAssets() tells that there is no Go toolchain", async () => {
  await using dir = await scratchDir("assets");
  const env = { PATH: dir.path, XDG_CACHE_HOME: dir.path };
  expect(await kubeAssets(["kubectl"], { env })).toEqual({ missing: "no Go toolchain to build it with" });
});

test("kubeAssets() fails instead of skipping where SLUICE_E2E=required", async () => {
  await using dir = await scratchDir("assets");
  const env = { PATH: dir.path, XDG_CACHE_HOME: dir.path, SLUICE_E2E: "required" };
  await expect(kubeAssets(["kubectl"], { env })).rejects.toMatchObject({
    code: "ASSETS_MISSING",
    data: { tools: ["kubectl"] },
  });
});

test("kubeAssets() builds nothing where SLUICE_E2E=off", async () => {
  await using fake = await machine(working);
  expect(await kubeAssets(["kubectl"], { env: { ...fake.env, SLUICE_E2E: "off" } })).toEqual({
    missing: "SLUICE_E2E=off",
  });
  expect(existsSync(fake.cache)).toBe(false);
});

test("KUBEBUILDER_ASSETS wins for what it holds, and nothing is built if it holds all", async () => {
  await using fake = await machine(working);
  await using dir = await scratchDir("assets");
  for (const name of ["kubectl", "etcd"]) await writeFile(join(dir.path, name), "");
  const env = { ...fake.env, KUBEBUILDER_ASSETS: dir.path };
  expect(await kubeAssets(["kubectl", "etcd"], { env, ...silent })).toEqual({
    path: { kubectl: join(dir.path, "kubectl"), etcd: join(dir.path, "etcd") },
  });
  expect(existsSync(fake.cache)).toBe(false);
  expect(await kubeAssets(["kubectl", "kube-apiserver"], { env, ...silent })).toEqual({
    path: { kubectl: join(dir.path, "kubectl"), "kube-apiserver": expect.stringContaining(fake.cache) },
  });
});

test("versionFlags() sets the version that go.mod pins", () => {
  const flags = versionFlags("module x\n\nrequire (\n\tk8s.io/kubectl v0.36.3\n\tk8s.io/kubernetes v1.36.3\n)\n");
  expect(flags).toContain("version.gitVersion=v1.36.3 ");
  expect(flags).toContain("version.gitMajor=1 ");
  expect(flags).toMatch(/version\.gitMinor=36$/);
});

test("versionFlags() refuses a go.mod without Kubernetes", () => {
  expect(() => versionFlags("module x\n")).toThrow(/does not pin k8s.io\/kubernetes/);
});
