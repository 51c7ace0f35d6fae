import { execFile, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { type Kustomization } from "@sluice/api";
import { scratchDir, systemClock } from "@sluice/base";
import { connect, isKubeError, type KubeClient, loadCredentials } from "@sluice/kube";
import { expect, test } from "vitest";
import { eventually } from "../lab.ts";
import { configMap, configMapRef, dataOf, deployment, manifest } from "../manifests.ts";

const sluice = join(import.meta.dirname, "../../../dist/sluice.mjs");
const environment = { PATH: process.env["PATH"], HOME: "/nonexistent" };

/** Runs the command to its end. */
async function run(cwd: string, ...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [sluice, ...args], {
      cwd,
      env: environment,
    });
    return { code: 0, stdout, stderr };
  } catch (thrown) {
    const { code, stdout, stderr } = thrown as { code: number; stdout: string; stderr: string };
    return { code, stdout, stderr };
  }
}

async function write(root: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
}

function git(cwd: string, ...args: string[]): void {
  execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", ...args], {
    cwd,
    env: environment,
    stdio: "pipe",
  });
}

function commitAll(cwd: string, message: string): void {
  git(cwd, "add", "--all");
  git(cwd, "commit", "--quiet", "--message", message);
}

/** Runs `sluice up` in the background, and connects to its API server. */
async function upInBackground(cwd: string, ...args: string[]): Promise<{ client: KubeClient } & AsyncDisposable> {
  const child = spawn(process.execPath, [sluice, "up", ...args], {
    cwd,
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const kubeconfig = join(cwd, ".sluice/kubeconfig");
  await eventually("the API server answers", async () => {
    if (child.exitCode !== null) throw new Error("sluice up ended early");
    const text = await readFile(kubeconfig, "utf8").catch(() => "");
    return text !== "" && child.stdout.readableLength > 0;
  });
  const client = connect({
    credentials: await loadCredentials({ env: {}, clock: systemClock, kubeconfig }),
    clock: systemClock,
  });
  return {
    client,
    async [Symbol.asyncDispose]() {
      await client[Symbol.asyncDispose]();
      child.kill("SIGINT");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

test("sluice up --once reconciles the example, ends with 0 and shows everything Ready", async () => {
  await using dir = await scratchDir("sluice-up");
  const { code, stdout, stderr } = await run(dir.path, "up", "--once", "--timeout", "60s");
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  for (const name of ["flux-system/flux-system", "flux-system/infrastructure", "flux-system/apps"]) {
    expect(stdout).toMatch(new RegExp(`^✔ ready +Kustomization +${name} `, "m"));
  }
  const again = await run(dir.path, "up", "--once");
  expect(again.code).toBe(0);
});

test("a commit in the example reaches the embedded cluster at once", async () => {
  await using dir = await scratchDir("sluice-up");
  await using up = await upInBackground(dir.path);
  const find = async (name: string) =>
    (await up.client.list({ apiVersion: "v1", kind: "ConfigMap" }, { namespace: "shop" })).items.find(({ metadata }) =>
      metadata.name.startsWith(name),
    );
  await eventually("the example is applied", async () => (await find("frontend-")) !== undefined);
  expect(dataOf(await find("frontend-"), "LOG_LEVEL")).toBe("debug");
  const file = join(dir.path, ".sluice/example/apps/dev/kustomization.yaml");
  await writeFile(file, (await readFile(file, "utf8")).replace("LOG_LEVEL=debug", "LOG_LEVEL=trace"));
  execFileSync("git", ["commit", "-qam", "Try it"], { cwd: join(dir.path, ".sluice/example"), env: environment });
  await eventually("the change is applied", async () => dataOf(await find("frontend-"), "LOG_LEVEL") === "trace");
});

test("a repository as flux bootstrap lays it out is reconciled unmodified, and what cannot be done is said on the object", async () => {
  await using dir = await scratchDir("sluice-up");
  const repo = join(dir.path, "fleet");
  const sourceRef = { kind: "GitRepository", name: "flux-system" };
  const kustomization = (name: string, spec: object) =>
    manifest({
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata: { name, namespace: "flux-system" },
      spec: { interval: "10m", prune: true, sourceRef, ...spec },
    });
  await write(repo, {
    "clusters/staging/flux-system/gotk-sync.yaml": `# This manifest was generated by flux. DO NOT EDIT.
---
apiVersion: source.toolkit.fluxcd.io/v1
kind: GitRepository
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 1m0s
  ref:
    branch: main
  secretRef:
    name: flux-system
  url: ssh://git@git.example.com/org/fleet
---
apiVersion: kustomize.toolkit.fluxcd.io/v1
kind: Kustomization
metadata:
  name: flux-system
  namespace: flux-system
spec:
  interval: 10m0s
  path: ./clusters/staging
  prune: true
  sourceRef:
    kind: GitRepository
    name: flux-system
`,
    "clusters/staging/flux-system/kustomization.yaml":
      "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources:\n- gotk-sync.yaml\n",
    "clusters/staging/infrastructure.yaml": kustomization("infrastructure", { path: "./infrastructure", wait: true }),
    "clusters/staging/apps.yaml": kustomization("apps", {
      path: "./apps/staging",
      wait: true,
      dependsOn: [{ name: "infrastructure" }],
    }),
    "clusters/staging/monitoring.yaml": kustomization("monitoring", { path: "./monitoring" }),
    "clusters/production/apps.yaml": kustomization("apps", { path: "./apps/production" }),
    "infrastructure/namespace.yaml": manifest({ apiVersion: "v1", kind: "Namespace", metadata: { name: "web" } }),
    "apps/base/deployment.yaml": deployment("web", { replicas: 1, namespace: "web" }),
    "apps/staging/kustomization.yaml": "resources:\n- ../base/deployment.yaml\n",
    "apps/production/kustomization.yaml": "resources:\n- ../base/deployment.yaml\n",
    "monitoring/release.yaml": manifest({
      apiVersion: "helm.toolkit.fluxcd.io/v2",
      kind: "HelmRelease",
      metadata: { name: "prometheus", namespace: "web" },
      spec: { interval: "1h" },
    }),
  });
  git(dir.path, "init", "--quiet", "--initial-branch=main", "fleet");
  commitAll(repo, "first");
  await using up = await upInBackground(dir.path, "fleet", "--path", "clusters/staging");
  const find = async (name: string): Promise<Kustomization | undefined> => {
    try {
      return (await up.client.get({
        apiVersion: "kustomize.toolkit.fluxcd.io/v1",
        kind: "Kustomization",
        namespace: "flux-system",
        name,
      })) as Kustomization;
    } catch (thrown) {
      if (isKubeError(thrown, "NOT_FOUND", "KIND_NOT_SERVED")) return undefined;
      throw thrown;
    }
  };
  const ready = async (name: string) => (await find(name))?.status?.conditions?.find(({ type }) => type === "Ready");
  for (const name of ["flux-system", "infrastructure", "apps"]) {
    await eventually(`${name} is ready`, async () => (await ready(name))?.status === "True");
  }
  await eventually("monitoring has failed", async () => (await ready("monitoring"))?.status === "False");
  expect((await ready("monitoring"))?.message).toContain("HelmRelease");
  expect((await ready("monitoring"))?.message).toContain("monitoring/release.yaml");
  const source = await up.client.get({
    apiVersion: "source.toolkit.fluxcd.io/v1",
    kind: "GitRepository",
    namespace: "flux-system",
    name: "flux-system",
  });
  expect((source["spec"] as { url: string }).url).toBe("ssh://git@git.example.com/org/fleet");
  await write(repo, { "infrastructure/note.yaml": configMap("note", { v: "1" }, "web") });
  commitAll(repo, "second");
  await eventually("the second commit is applied", async () =>
    up.client.get(configMapRef("web", "note")).then(
      () => true,
      () => false,
    ),
  );
});

test("sluice up --once ends with 1 and the reason of each object that is not ready", async () => {
  await using dir = await scratchDir("sluice-up");
  const repo = join(dir.path, "repo");
  await write(repo, {
    "bad.yaml": manifest({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "svc", namespace: "default" },
      spec: { ports: [{ port: 99_999_999 }] },
    }),
  });
  git(dir.path, "init", "--quiet", "--initial-branch=main", "repo");
  commitAll(repo, "first");
  const { code, stderr } = await run(dir.path, "up", "repo", "--once", "--timeout", "15s");
  expect(code).toBe(1);
  expect(stderr).toContain("Kustomization/flux-system/flux-system is failed");
  expect(stderr).toContain("bad.yaml");
});

test.each([
  ["an unknown flag", ["up", "--nope"]],
  ["an unknown command", ["down"]],
  ["a port that is none", ["up", "--port", "99999"]],
  ["a timeout that is none", ["up", "--timeout", "soon"]],
  ["a path that leaves the repository", ["up", "--path", "../.."]],
  ["a source that is neither a directory nor a URL", ["up", "no-such-directory"]],
  ["a directory that is no repository", ["up", "."]],
])("%s gets one line and exit code 2", async (_, args) => {
  await using dir = await scratchDir("sluice-up");
  const { code, stderr } = await run(dir.path, ...args);
  expect(code).toBe(2);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});
