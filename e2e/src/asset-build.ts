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

/** Programs that one `go build` makes, which shares what they have in common, and that lie in one cache directory. */
interface Recipe {
  /** What people are told is being built. */
  title: string;
  /** In the order of the command line. */
  packages: readonly string[];
  /** Our own Go files, relative to the module. */
  sources: readonly string[];
  /** Names under which a built file is also known. */
  links: Readonly<Record<string, string>>;
}

const recipes = {
  kube: {
    title: "Kubernetes, etcd, nats-server and kustomize",
    packages: [
      "./hyperkube",
      "github.com/nats-io/nats-server/v2",
      "go.etcd.io/etcd/server/v3",
      "sigs.k8s.io/kustomize/kustomize/v5",
    ],
    sources: ["hyperkube/main.go"],
    /** hyperkube chooses by `argv[0]`, etcd comes out as `server`. */
    links: {
      "kube-apiserver": "hyperkube",
      "kube-controller-manager": "hyperkube",
      kubectl: "hyperkube",
      etcd: "server",
    },
  },
  oracle: {
    title: "the oracle of kustomize",
    packages: ["./kustomize-oracle"],
    sources: ["kustomize-oracle/main.go"],
    links: {},
  },
} as const satisfies Record<string, Recipe>;

/** Names of what can be built; each starts the name of a cache directory. */
export type RecipeName = keyof typeof recipes;

export interface BuildOptions {
  env: NodeJS.ProcessEnv;
  clock: Clock;
  /** Told what goes on, one line at a time; the first build takes minutes. */
  progress: (line: string) => void;
  signal?: AbortSignal;
}

/**
 * A directory that holds every program of a recipe, built now if no earlier build has the same module, sources, Go version and
 * platform. Two processes that ask at once build once; a build that is killed leaves nothing that looks finished.
 * @throws {E2eError} COMMAND_FAILED if there is no Go toolchain; BUILD_FAILED
 */
export async function builtAssets(name: RecipeName, options: BuildOptions): Promise<string> {
  const cache = cacheDir(options.env);
  const recipe: Recipe = recipes[name];
  const { key, ldflags } = await keyAndFlags(recipe, options);
  const dir = join(cache, `${name}-${key}`);
  if (existsSync(dir)) return dir;
  await mkdir(cache, { recursive: true });
  await withFileLock(`${dir}.lock`, options, async () => {
    if (existsSync(dir)) return;
    await removeLeftovers(cache, `${name}-${key}.tmp-`);
    await build(recipe, { ...options, dir, ldflags });
  });
  return dir;
}

/** `$XDG_CACHE_HOME/sluice`, or `~/.cache/sluice`. */
function cacheDir(env: NodeJS.ProcessEnv): string {
  const base = env["XDG_CACHE_HOME"];
  return join(base === undefined || base === "" ? join(env["HOME"] ?? homedir(), ".cache") : base, "sluice");
}

/** The linker flags, and a key that changes with anything that changes the binaries. */
async function keyAndFlags(
  { packages, sources }: Recipe,
  { env, signal }: BuildOptions,
): Promise<{ key: string; ldflags: string }> {
  const goEnv = await run("go", ["env", "GOVERSION", "GOOS", "GOARCH"], {
    cwd: kubeModuleDir,
    env,
    ...(signal && { signal }),
  });
  const files = ["go.mod", "go.sum", ...sources];
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

async function build(recipe: Recipe, options: BuildOptions & { dir: string; ldflags: string }): Promise<void> {
  const { env, progress, signal, dir, ldflags } = options;
  const scratch = `${dir}.tmp-${process.pid}`;
  await mkdir(scratch);
  try {
    progress(`building ${recipe.title} into ${dir}: minutes the first time, then never again`);
    using _ticker = everyHalfMinute(options, (seconds) => progress(`still building after ${seconds} s`));
    await run("go", ["build", "-trimpath", "-ldflags", ldflags, "-o", `${scratch}/`, ...recipe.packages], {
      cwd: kubeModuleDir,
      env: { ...env, CGO_ENABLED: "0" },
      ...(signal && { signal }),
    });
    for (const [name, target] of Object.entries(recipe.links)) await symlink(target, join(scratch, name));
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
