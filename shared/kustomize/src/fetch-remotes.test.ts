import { expect, test } from "vitest";
import { build } from "./build.ts";
import { inputsChanged } from "./build-inputs.ts";
import { KustomizeError } from "./errors.ts";
import { allowHosts, buildWithRemotes, type RemoteBuildOptions } from "./fetch-remotes.ts";
import { memoryTree, type FileTree } from "./file-tree.ts";
import { type RemoteRequest } from "./remote-request.ts";
import { type RemoteSource } from "./remotes.ts";
import { type RepositoryUrl } from "./repository-url.ts";

type Files = Record<string, string>;

const REPOSITORY = "git@git.example.com:o/app.git";

function configMap(name: string): string {
  return `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;
}

/** A fetcher of fixed answers that notes what it was asked for. */
function fetcher(world: { files?: Files; repositories?: Record<string, Files> }) {
  const asked: string[] = [];
  const bytes = (text: string | undefined) => (text === undefined ? null : new TextEncoder().encode(text));
  const tree = (files: Files | undefined): FileTree | null => (files === undefined ? null : memoryTree(files));
  return {
    asked,
    async file(url: string): Promise<Uint8Array | null> {
      asked.push(url);
      return bytes(world.files?.[url]);
    },
    async repository({ url, ref }: RepositoryUrl): Promise<FileTree | null> {
      asked.push(`${url}@${ref}`);
      return tree(world.repositories?.[`${url}@${ref}`]);
    },
  };
}

const everything = () => true;

function options(fetch: ReturnType<typeof fetcher>, more: Partial<RemoteBuildOptions> = {}): RemoteBuildOptions {
  return { fetch, allow: everything, signal: new AbortController().signal, ...more };
}

function namesOf(objects: readonly { metadata?: unknown }[]): unknown[] {
  return objects.map(({ metadata }) => (metadata as { name: string }).name);
}

async function failureOf(run: Promise<unknown>): Promise<KustomizeError> {
  const thrown = await run.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (thrown instanceof KustomizeError) return thrown;
  throw new Error(`expected a KustomizeError, not ${String(thrown)}`);
}

test("buildWithRemotes() fetches every remote once, however many kustomizations name it", async () => {
  const fetch = fetcher({
    files: { "https://example.com/cm.yaml": configMap("file") },
    repositories: {
      [`${REPOSITORY}@v1`]: {
        "a/kustomization.yaml": "resources: [cm.yaml]\n",
        "a/cm.yaml": configMap("a"),
        "b/kustomization.yaml": "resources: [https://example.com/cm.yaml]\nnamePrefix: b-\n",
      },
    },
  });
  const tree = memoryTree({
    "kustomization.yaml": "resources: [one, two, https://example.com/cm.yaml]\n",
    "one/kustomization.yaml": `resources: ["${REPOSITORY}//a?ref=v1"]\n`,
    "two/kustomization.yaml": `resources: ["${REPOSITORY}//b?ref=v1"]\n`,
  });
  const { objects } = await buildWithRemotes(tree, "", options(fetch));
  expect(namesOf(objects)).toEqual(["a", "b-file", "file"]);
  expect([...fetch.asked].sort()).toEqual([`${REPOSITORY}@v1`, "https://example.com/cm.yaml"]);
});

test("build() with a source that lacks remotes lists all that it can tell are missing, and changes nothing else", () => {
  const tree = memoryTree({
    "kustomization.yaml": `resources: [https://example.com/a.yaml, "${REPOSITORY}"]\npatches: [{path: https://example.com/p.yaml}]\nreplicas: [{name: nobody, count: 1}]\n`,
  });
  const nothing: RemoteSource = { file: () => undefined, repository: () => undefined };
  const requests: RemoteRequest[] = [];
  try {
    build(tree, "", { remotes: nothing });
  } catch (thrown) {
    if (!(thrown instanceof KustomizeError) || !("missing" in thrown.data)) throw thrown;
    expect(thrown.code).toBe("REMOTE");
    requests.push(...(thrown.data.missing ?? []));
  }
  expect(requests.map((request) => (request.type === "file" ? request.url : request.repository.url))).toEqual([
    "https://example.com/a.yaml",
    REPOSITORY,
    "https://example.com/p.yaml",
  ]);
});

test("a URL is tried as a file before it is tried as a repository", async () => {
  const url = "https://git.example.com/o/app";
  const repositories = { [`${url}@`]: { "kustomization.yaml": "resources: [cm.yaml]\n", "cm.yaml": configMap("a") } };
  const tree = memoryTree({ "kustomization.yaml": `resources: ["${url}"]\n` });
  const fetch = fetcher({ repositories });
  expect(namesOf((await buildWithRemotes(tree, "", options(fetch))).objects)).toEqual(["a"]);
  expect(fetch.asked).toEqual([url, `${url}@`]);
  const page = fetcher({ repositories, files: { [url]: "<html>A page</html>" } });
  expect(namesOf((await buildWithRemotes(tree, "", options(page))).objects)).toEqual(["a"]);
  const manifest = fetcher({ repositories, files: { [url]: configMap("file") } });
  expect(namesOf((await buildWithRemotes(tree, "", options(manifest))).objects)).toEqual(["file"]);
});

test("inputs tell what was read of remotes, and inputsChanged() compares it", async () => {
  const files = { "https://example.com/cm.yaml": configMap("file") };
  const repository = { "kustomization.yaml": "resources: [cm.yaml]\n", "cm.yaml": configMap("a"), other: "x" };
  const tree = memoryTree({ "kustomization.yaml": `resources: ["${REPOSITORY}", https://example.com/cm.yaml]\n` });
  const fetch = fetcher({ files, repositories: { [`${REPOSITORY}@`]: repository } });
  const { inputs } = await buildWithRemotes(tree, "", options(fetch));
  const changed = (now: Files, content = configMap("file")) =>
    inputsChanged(inputs, tree, {
      file: () => new TextEncoder().encode(content),
      repository: () => memoryTree(now),
    });
  expect(changed(repository)).toBe(false);
  expect(changed({ ...repository, other: "y" })).toBe(false);
  expect(changed({ ...repository, "cm.yaml": configMap("b") })).toBe(true);
  expect(changed(repository, configMap("other"))).toBe(true);
  expect(inputsChanged(inputs, tree)).toBe(true);
  expect(inputsChanged(inputs, tree, { file: () => null, repository: () => null })).toBe(true);
});

test("what the policy refuses is not fetched, and nothing beside it either", async () => {
  const fetch = fetcher({ files: { "https://example.com/cm.yaml": configMap("file") } });
  const tree = memoryTree({
    "kustomization.yaml": "resources: [https://example.com/cm.yaml, 'https://user:hunter2@169.254.169.254/latest']\n",
  });
  const allow = allowHosts(["example.com"]);
  const error = await failureOf(buildWithRemotes(tree, "", options(fetch, { allow })));
  expect(error.code).toBe("REMOTE");
  expect(error.message).toContain("the policy does not allow it");
  expect(error.message).not.toContain("hunter2");
  expect(fetch.asked).toEqual([]);
});

test("a file of more bytes than the limit is refused", async () => {
  const fetch = fetcher({ files: { "https://example.com/cm.yaml": configMap("file") } });
  const tree = memoryTree({ "kustomization.yaml": "resources: [https://example.com/cm.yaml]\n" });
  const error = await failureOf(buildWithRemotes(tree, "", options(fetch, { limitBytes: 10 })));
  expect(error.message).toContain("more than 10 bytes");
});

test("more remotes than the limit are refused, also where each leads to the next", async () => {
  const repositories: Record<string, Files> = {};
  for (let at = 0; at < 50; at += 1) {
    repositories[`git@example.com:o/r${at}.git@`] = {
      "kustomization.yaml": `resources: ["git@example.com:o/r${at + 1}.git"]\n`,
    };
  }
  const fetch = fetcher({ repositories });
  const tree = memoryTree({ "kustomization.yaml": 'resources: ["git@example.com:o/r0.git"]\n' });
  const error = await failureOf(buildWithRemotes(tree, "", options(fetch, { limits: { remotes: 10 } })));
  expect(error.code).toBe("TOO_LARGE");
  expect(fetch.asked).toHaveLength(10);
});

test("what the fetcher throws ends the build", async () => {
  const fetch = { ...fetcher({}), file: () => Promise.reject(new Error("status 503")) };
  const tree = memoryTree({ "kustomization.yaml": "resources: [https://example.com/cm.yaml]\n" });
  await expect(buildWithRemotes(tree, "", options(fetch))).rejects.toThrow("status 503");
});

test("an aborted build fetches nothing more", async () => {
  const aborted = new AbortController();
  const fetch = fetcher({});
  const stopping = { ...fetch, file: (url: string) => (aborted.abort(), fetch.file(url)) };
  const tree = memoryTree({ "kustomization.yaml": "resources: [https://git.example.com/o/r]\n" });
  const run = buildWithRemotes(tree, "", options(stopping, { signal: aborted.signal }));
  await expect(run).rejects.toThrow("aborted");
  expect(fetch.asked).toEqual(["https://git.example.com/o/r"]);
});

const OPTIONS_OF_GIT = [
  "git@example.com:o/r.git?ref=--upload-pack=touch%20x",
  "git@example.com:o/r.git?ref=a%0Ab",
  "https://example.com/o/r//x?ref=-v",
  "git@example.com:o/ r.git",
];

for (const entry of OPTIONS_OF_GIT) {
  test(`an address that git could take for an option is never asked for: ${entry}`, async () => {
    const fetch = fetcher({});
    const tree = memoryTree({
      "kustomization.yaml": `kind: Kustomization\ncomponents: ["${entry}"]\n`,
    });
    const error = await failureOf(buildWithRemotes(tree, "", options(fetch)));
    expect(error.code).toBe("REMOTE");
    expect(fetch.asked).toEqual([]);
  });
}

const POLICY: readonly (readonly [url: string, allowed: boolean])[] = [
  ["https://example.com/a/b", true],
  ["https://EXAMPLE.com/a/b", true],
  ["ssh://git@example.com/a/b", true],
  ["git@example.com:a/b", true],
  ["https://git.example.com:8443/a/b", true],
  ["https://git.example.com/a/b", false],
  ["http://example.com/a/b", false],
  ["file:///a/b", false],
  ["https://example.com.evil.net/a/b", false],
  ["https://evil.net/example.com/a", false],
  ["https://example.com@evil.net/a/b", false],
  ["https://user:pw@example.com/a/b", false],
  ["https://evil.net\\@example.com/a/b", false],
];

for (const [url, allowed] of POLICY) {
  test(`allowHosts() ${allowed ? "allows" : "refuses"} ${url}`, () => {
    const policy = allowHosts(["example.com", "git.example.com:8443"]);
    const repository = { url, path: "", ref: "", submodules: true, timeoutMs: 27_000 };
    expect(policy({ type: "repository", repository })).toBe(allowed);
    expect(policy({ type: "file", url })).toBe(allowed);
  });
}

test("allowHosts() refuses a timeout beyond its own", () => {
  const policy = allowHosts(["example.com"], { maxTimeoutMs: 60_000 });
  const repository = { url: "https://example.com/a/b", path: "", ref: "", submodules: true, timeoutMs: 60_001 };
  expect(policy({ type: "repository", repository })).toBe(false);
});
