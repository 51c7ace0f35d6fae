/** Builds the real components from the Go module in `e2e/kube`, once per content, into a cache outside the tree. */
import { mkdir, readdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Clock, messageOf, sha256Hex } from "@sluice/base";
import { run } from "./commands.ts";
import { E2eError } from "./errors.ts";
import { withFileLock } from "./file-lock.ts";

/** Where the Go module lies, seen from `src` and from `dist` alike. */
const kubeModuleDir = fileURLToPath(new URL("../kube/", import.meta.url));

/** Packages in the order of the command line; one `go build` shares what they have in common. */
const packages = [
  "./hyperkube",
  "github.com/nats-io/nats-server/v2",
  "go.etcd.io/etcd/server/v3",
  "sigs.k8s.io/kustomize/kustomize/v5",
] as const;

/** Names under which a built file is also known: hyperkube chooses by `argv[0]`, etcd comes out as `server`. */
const links = {
  "kube-apiserver": "hyperkube",
  "kube-controller-manager": "hyperkube",
  kubectl: "hyperkube",
  etcd: "server",
} as const;

export interface BuildOptions {
  env: NodeJS.ProcessEnv;
  clock: Clock;
  /** Told what goes on, one line at a time; the first build takes minutes. */
  progress: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * A directory that holds every component, built now if no earlier build has the same module, sources, Go version and
 * platform. Two processes that ask at once build once; a build that is killed leaves nothing that looks finished.
 * @throws {E2eError} COMMAND_FAILED if there is no Go toolchain; BUILD_FAILED
 */
export async function builtAssets(options: BuildOptions): Promise<string> {
  const cache = cacheDir(options.env);
  const recipe = await buildRecipe(options);
  const dir = join(cache, `kube-${recipe.key}`);
  if (existsSync(dir)) return dir;
  await mkdir(cache, { recursive: true });
  await withFileLock(`${dir}.lock`, options, async () => {
    if (existsSync(dir)) return;
    await removeLeftovers(cache, `kube-${recipe.key}.tmp-`);
    await build(dir, recipe.ldflags, options);
  });
  return dir;
}

/** `$XDG_CACHE_HOME/sluice`, or `~/.cache/sluice`. */
function cacheDir(env: NodeJS.ProcessEnv): string {
  const base = env["XDG_CACHE_HOME"];
  return join(base === undefined || base === "" ? join(env["HOME"] ?? homedir(), ".cache") : base, "sluice");
}

/** The linker flags, and a key that changes with anything that changes the binaries. */
async function buildRecipe({ env, signal }: BuildOptions): Promise<{ key: string; ldflags: string }> {
  const goEnv = await run("go", ["env", "GOVERSION", "GOOS", "GOARCH"], {
    cwd: kubeModuleDir,
    env,
    ...(signal && { signal }),
  });
  const files = ["go.mod", "go.sum", "hyperkube/main.go"];
  const texts = await Promise.all(files.map((file) => readFile(join(kubeModuleDir, file), "utf8")));
  const ldflags = versionFlags(texts[0] ?? "");
  const inputs = [goEnv.stdout, ldflags, ...packages, ...texts.map(sha256Hex)];
  return { key: sha256Hex(inputs.join("\n")).slice(0, 16), ldflags };
}

/**
 * Linker flags that make the binaries report the version that go.mod pins. Without them kube-apiserver calls itself
 * v0.0.0 and refuses to start, because its feature gates compare versions.
 * @throws {E2eError} BUILD_FAILED if `goMod` does not require k8s.io/kubernetes.
 */
export function versionFlags(goMod: string): string {
  const found = /^\s*(?:require )?k8s\.io\/kubernetes (v(\d+)\.(\d+)\.\S+)/m.exec(goMod);
  if (found === null) {
    throw new E2eError("BUILD_FAILED", 'Cannot read "go.mod": it does not pin k8s.io/kubernetes', { output: "" });
  }
  const [, version, major, minor] = found;
  const set = (name: string, value: string | undefined) => `-X k8s.io/component-base/version.${name}=${value}`;
  return ["-s -w", set("gitVersion", version), set("gitMajor", major), set("gitMinor", minor)].join(" ");
}

async function build(dir: string, ldflags: string, options: BuildOptions): Promise<void> {
  const { env, progress, signal } = options;
  const scratch = `${dir}.tmp-${process.pid}`;
  await mkdir(scratch);
  try {
    progress(
      `building Kubernetes, etcd, nats-server and kustomize into ${dir}: minutes the first time, then never again`,
    );
    using _ticker = everyHalfMinute(options, (seconds) => progress(`still building after ${seconds} s`));
    await run("go", ["build", "-trimpath", "-ldflags", ldflags, "-o", `${scratch}/`, ...packages], {
      cwd: kubeModuleDir,
      env: { ...env, CGO_ENABLED: "0" },
      ...(signal && { signal }),
    });
    for (const [name, target] of Object.entries(links)) await symlink(target, join(scratch, name));
    await rename(scratch, dir);
    progress("built");
  } catch (cause) {
    await rm(scratch, { recursive: true, force: true });
    const output =
      cause instanceof E2eError && cause.code === "COMMAND_FAILED" ? lastLines(cause, 12) : messageOf(cause);
    throw new E2eError("BUILD_FAILED", `Cannot build "${kubeModuleDir}": ${output}`, { output }, { cause });
  }
}

function lastLines(failure: E2eError, count: number): string {
  const stderr = "stderr" in failure.data ? failure.data.stderr : failure.message;
  return stderr.trim().split("\n").slice(-count).join("\n");
}

function everyHalfMinute({ clock }: BuildOptions, tell: (seconds: number) => void): Disposable {
  const startMs = clock.monotonicMs();
  const arm = (): Disposable =>
    clock.after(30_000, () => {
      tell(Math.round((clock.monotonicMs() - startMs) / 1000));
      timer = arm();
    });
  let timer = arm();
  return { [Symbol.dispose]: () => timer[Symbol.dispose]() };
}

/** Removes what a build that was killed left; nobody else builds while we hold the lock. */
async function removeLeftovers(cache: string, prefix: string): Promise<void> {
  for (const name of await readdir(cache)) {
    if (name.startsWith(prefix)) await rm(join(cache, name), { recursive: true, force: true });
  }
}
