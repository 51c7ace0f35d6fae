import { expect, test } from "vitest";
import { build, type BuildOptions } from "./build.ts";
import { BuildCache } from "./cache.ts";
import { KustomizeError } from "./errors.ts";
import { inputsChanged } from "./build-inputs.ts";
import { memoryTree } from "./file-tree.ts";
import { renderYaml } from "./render.ts";

type Files = Record<string, string>;

function failureOf(files: Files, path = "", options?: BuildOptions): KustomizeError {
  try {
    build(memoryTree(files), path, options);
  } catch (thrown) {
    if (thrown instanceof KustomizeError) return thrown;
    throw thrown;
  }
  throw new Error("expected a KustomizeError");
}

function pod(name: string, extra = ""): string {
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n${extra}`;
}

function pods(count: number): string {
  return Array.from({ length: count }, (_, index) => pod(`p${index}`)).join("---\n");
}

test("origins name file and line of every object, also of generated ones", () => {
  const files = {
    "app/kustomization.yaml": "resources: [../base]\nconfigMapGenerator: [{name: c}]\n",
    "base/kustomization.yaml": "resources: [pods.yaml]\n",
    "base/pods.yaml": `# two pods\n${pod("a")}---\n# the second\n${pod("b")}`,
  };
  expect(build(memoryTree(files), "app").origins).toEqual([
    { file: "base/pods.yaml", line: 2 },
    { file: "base/pods.yaml", line: 8 },
    { file: "app/kustomization.yaml" },
  ]);
});

test("inputs tell what was read and looked for, and nothing else", () => {
  const files = {
    "app/kustomization.yaml": "resources: [base, p.yaml]\n",
    "app/base/kustomization.yml": "resources: []\n",
    "app/p.yaml": pod("a"),
    "other.yaml": "x",
  };
  const { inputs } = build(memoryTree(files), "app");
  expect([...inputs.files].map(([path, digest]) => [path, digest !== null])).toEqual([
    ["app/kustomization.yaml", true],
    ["app/kustomization.yml", false],
    ["app/Kustomization", false],
    ["app/base", false],
    ["app/base/kustomization.yaml", false],
    ["app/base/kustomization.yml", true],
    ["app/base/Kustomization", false],
    ["app/p.yaml", true],
  ]);
  expect([...inputs.directories]).toEqual([["app/base", true]]);
});

test("inputsChanged() is true exactly if something that was read or looked for is different", () => {
  const files: Files = {
    "kustomization.yaml": "resources: [base, p.yaml]\n",
    "base/kustomization.yml": "resources: []\n",
    "p.yaml": pod("a"),
    "other.yaml": "x",
  };
  const { inputs } = build(memoryTree(files), "");
  const changed = (change: Files) => inputsChanged(inputs, memoryTree({ ...files, ...change }));
  expect(changed({})).toBe(false);
  expect(changed({ "other.yaml": "y", "base/readme.md": "z" })).toBe(false);
  expect(changed({ "p.yaml": pod("b") })).toBe(true);
  expect(changed({ Kustomization: "" })).toBe(true);
  expect(changed({ "base/kustomization.yaml": "" })).toBe(true);
  const { "p.yaml": _, ...without } = files;
  expect(inputsChanged(inputs, memoryTree(without))).toBe(true);
});

test("inputsChanged() asks the tree for digests instead of reading", () => {
  const plain = memoryTree({ "kustomization.yaml": "resources: []\n" });
  const tree = { ...plain, digest: (path: string) => (path === "kustomization.yaml" ? "d1" : undefined) };
  const { inputs } = build(tree, "");
  const unreadable = { ...tree, read: (path: string) => (path === "kustomization.yaml" ? fail() : undefined) };
  expect(inputsChanged(inputs, unreadable)).toBe(false);
});

function fail(): never {
  throw new Error("must not read");
}

test("results are the caller's: changing one build's objects leaves the cache and the next build alone", () => {
  const tree = memoryTree({ "kustomization.yaml": "resources: [p.yaml]\n", "p.yaml": pod("a") });
  const cache = new BuildCache();
  const first = build(tree, "", { cache });
  for (const object of first.objects) object["kind"] = "Changed";
  expect(renderYaml(build(tree, "", { cache }).objects)).toBe("apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\n");
});

test("a cached file is parsed once however many builds read it, and a changed one again", () => {
  const cache = new BuildCache();
  const files = { "kustomization.yaml": "resources: [p.yaml]\n", "p.yaml": pod("a") };
  build(memoryTree(files), "", { cache });
  const { bytes } = cache;
  build(memoryTree(files), "", { cache });
  expect(cache.bytes).toBe(bytes);
  build(memoryTree({ ...files, "p.yaml": pod("longer") }), "", { cache });
  expect(cache.bytes).toBe(bytes + pod("longer").length);
});

test("warnings name the file and each deprecated field", () => {
  const files = {
    "kustomization.yaml": "bases: [b]\ncommonLabels: {a: b}\n",
    "b/kustomization.yaml": "resources: []\n",
  };
  expect(build(memoryTree(files), "").warnings).toEqual([
    'kustomization.yaml: "bases" is deprecated; use "resources"',
    'kustomization.yaml: "commonLabels" is deprecated; use "labels"',
  ]);
});

test("the order is the kustomization's own, else that of the options", () => {
  const files = {
    "kustomization.yaml": "resources: [a.yaml]\n",
    "a.yaml": `${pod("b")}---\n${pod("a")}---\napiVersion: v1\nkind: Namespace\nmetadata: {name: n}\n`,
  };
  const names = (options: BuildOptions, first = "") =>
    build(memoryTree({ ...files, "kustomization.yaml": first + files["kustomization.yaml"] }), "", options).origins.map(
      ({ line }) => line,
    );
  expect(names({})).toEqual([1, 6, 11]);
  expect(names({ sort: "legacy" })).toEqual([11, 6, 1]);
  expect(names({ sort: "legacy" }, "sortOptions: {order: fifo}\n")).toEqual([1, 6, 11]);
});

const OUTSIDE: readonly (readonly [name: string, kustomization: string])[] = [
  ["resource", "resources: [../../etc/passwd]"],
  ["resource with an absolute path", "resources: [/etc/passwd]"],
  ["component", "components: [../..]"],
  ["patch", "patches: [{path: ../../p.yaml}]"],
  ["strategic merge patch", "patchesStrategicMerge: [../../p.yaml]"],
  ["JSON patch", "patchesJson6902: [{path: /p.yaml, target: {name: a}}]"],
  ["generator file", "configMapGenerator: [{name: a, files: [k=../../token]}]"],
  ["generator file with an absolute path", "secretGenerator: [{name: a, files: [/var/run/secrets/token]}]"],
  ["env file", "configMapGenerator: [{name: a, envs: [../../../proc/self/environ]}]"],
  ["configuration", "configurations: [../../x.yaml]"],
  ["OpenAPI schema", "openapi: {path: ../../x.json}"],
  ["file of CRDs", "crds: [../../x.json]"],
  ["replacement", "replacements: [{path: ../../x.yaml}]"],
];

for (const [name, kustomization] of OUTSIDE) {
  test(`nothing outside the tree is read: ${name}`, () => {
    const error = failureOf({ "app/kustomization.yaml": kustomization }, "app");
    expect(error.code).toBe("FORBIDDEN_PATH");
    expect(error.data.place?.file).toBe("app/kustomization.yaml");
  });
}

test("with root-only, files outside the kustomization's folder are refused but bases are not", () => {
  const files = {
    "app/kustomization.yaml": "resources: [../base]\n",
    "base/kustomization.yaml": "resources: [p.yaml]\n",
    "base/p.yaml": pod("a"),
    "p.yaml": pod("b"),
  };
  const options = { loadRestriction: "root-only" } as const;
  expect(build(memoryTree(files), "app", options).objects).toHaveLength(1);
  const bad = { ...files, "app/kustomization.yaml": "resources: [../p.yaml]\n" };
  expect(build(memoryTree(bad), "app").objects).toHaveLength(1);
  expect(failureOf(bad, "app", options).code).toBe("FORBIDDEN_PATH");
});

const REMOTES = [
  "https://example.com/x.yaml",
  "http://169.254.169.254/latest",
  "github.com/owner/repo//path?ref=v1",
  "git::https://example.com/repo",
  "ssh://git@example.com/repo",
  "git@github.com:owner/repo",
  "example.com/repo.git",
  "file:///etc",
  "gh:owner/repo",
];

for (const remote of REMOTES) {
  test(`a remote resource is refused: ${remote}`, () => {
    expect(failureOf({ "kustomization.yaml": `resources: ["${remote}"]` }).code).toBe("REMOTE");
  });
}

test("a remote file of a patch or generator is refused", () => {
  expect(failureOf({ "kustomization.yaml": "patches: [{path: 'https://example.com/p'}]" }).code).toBe("REMOTE");
  expect(failureOf({ "kustomization.yaml": "configMapGenerator: [{name: a, files: ['https://x/p']}]" }).code).toBe(
    "REMOTE",
  );
});

const NOT_BUILT = [
  "helmCharts: [{name: a}]",
  "helmGlobals: {chartHome: x}",
  "helmChartInflationGenerator: [{chartName: a}]",
];

for (const text of NOT_BUILT) {
  const field = text.split(":")[0] ?? "";
  test(`a field that is not built is refused by name: ${field}`, () => {
    const error = failureOf({ "kustomization.yaml": text });
    expect(error.code).toBe("NOT_SUPPORTED");
    expect(error.message).toContain(`field "${field}"`);
    expect(error.message).toContain("render the chart beforehand");
    expect(error.data.place).toEqual({ file: "kustomization.yaml" });
  });
}

test("plugins that are not built in are refused, whatever they would run", () => {
  const annotations = "{config.kubernetes.io/function: 'exec: {path: /bin/sh}'}";
  for (const field of ["generators", "transformers"]) {
    const files = {
      "kustomization.yaml": `${field}: [p.yaml]`,
      "p.yaml": `{apiVersion: example.com/v1, kind: Exec, metadata: {name: x, annotations: ${annotations}}}`,
    };
    const error = failureOf(files);
    expect(error.code).toBe("NOT_SUPPORTED");
    expect(error.data.place).toEqual({ file: "p.yaml", line: 1 });
  }
});

test("a schema that one build brings has no effect on the next, even with a shared cache", () => {
  const cache = new BuildCache();
  const gvk = '"x-kubernetes-group-version-kind": [{"group": "example.com", "version": "v1", "kind": "Foo"}]';
  const list =
    '{"type": "array", "x-kubernetes-patch-strategy": "merge", "x-kubernetes-patch-merge-key": "id", "items": {"type": "object"}}';
  const kustomization =
    "resources: [a.yaml]\npatches: [{patch: '{apiVersion: example.com/v1, kind: Foo, metadata: {name: a}, list: [{id: b}]}'}]\n";
  const files = {
    "kustomization.yaml": kustomization,
    "a.yaml": "{apiVersion: example.com/v1, kind: Foo, metadata: {name: a}, list: [{id: a}]}",
    "s.json": `{"definitions": {"Foo": {${gvk}, "properties": {"list": ${list}}}}}`,
  };
  const listOf = (given: Files) => build(memoryTree(given), "", { cache }).objects[0]?.["list"];
  expect(listOf({ ...files, "kustomization.yaml": `${kustomization}openapi: {path: s.json}` })).toEqual([
    { id: "b" },
    { id: "a" },
  ]);
  expect(listOf(files)).toEqual([{ id: "b" }]);
});

test("a type of a CRD that refers to itself is walked once", () => {
  const self = '{"kind": {}, "apiVersion": {}, "metadata": {}, "again": {"$ref": "x.Foo"}}';
  const files = {
    "kustomization.yaml": "resources: []\ncrds: [c.json]",
    "c.json": `{"x.Foo": {"Schema": {"properties": ${self}}}}`,
  };
  expect(build(memoryTree(files), "").objects).toEqual([]);
});

test("a cycle of two, and of components, is found", () => {
  const cycle = { "a/kustomization.yaml": "resources: [../b]", "b/kustomization.yaml": "resources: [../a]" };
  expect(failureOf(cycle, "a").code).toBe("CYCLE");
  const components = {
    "kustomization.yaml": "components: [c]",
    "c/kustomization.yaml": "kind: Component\ncomponents: [../c]",
  };
  expect(failureOf(components).code).toBe("CYCLE");
});

test("a chain of 10,000 bases ends at the limit of depth", () => {
  const files: Files = {};
  for (let at = 0; at < 10_000; at += 1) files[`b${at}/kustomization.yaml`] = `resources: [../b${at + 1}]`;
  const error = failureOf(files, "b0");
  expect(error.code).toBe("TOO_LARGE");
  expect(error.data.chain).toHaveLength(100);
});

test("bases that double at each level end at the limit of kustomizations", () => {
  const files: Files = {};
  for (let at = 0; at < 30; at += 1) {
    for (const side of ["l", "r"]) {
      files[`${side}${at}/kustomization.yaml`] = `resources: [../l${at + 1}, ../r${at + 1}]`;
    }
  }
  for (const side of ["l", "r"]) files[`${side}30/kustomization.yaml`] = "resources: []";
  expect(failureOf(files, "l0", { limits: { kustomizations: 500 } }).message).toContain("more than 500 kustomizations");
});

test("more resources than the limit are refused", () => {
  const files = { "kustomization.yaml": "resources: [a.yaml]", "a.yaml": pods(20) };
  expect(failureOf(files, "", { limits: { resources: 19 } }).message).toContain("more than 19 resources");
  expect(build(memoryTree(files), "", { limits: { resources: 20 } }).objects).toHaveLength(20);
});

const HOSTILE: readonly (readonly [name: string, manifest: string])[] = [
  [
    "an alias bomb",
    `a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [${"*a,".repeat(10)}]\nc: &c [${"*b,".repeat(10)}]\nd: &d [${"*c,".repeat(10)}]\ne: &e [${"*d,".repeat(10)}]\nf: [${"*e,".repeat(10)}]`,
  ],
  ["a cyclic alias", "spec: &s {again: *s}"],
  ["deep flow lists", `spec: ${"[".repeat(5000)}`],
  ["deep flow mappings", `spec: ${'{"a":'.repeat(100_000)}`],
];

for (const [name, manifest] of HOSTILE) {
  test(`a manifest with ${name} is an error that names the file`, () => {
    const error = failureOf({ "kustomization.yaml": "resources: [a.yaml]", "a.yaml": pod("a", manifest) });
    expect(error.code).toBe("MANIFEST_INVALID");
    expect(error.data.place?.file).toBe("a.yaml");
  });
}

test("keys of Object.prototype in manifests, patches and labels are plain data", () => {
  const keys = "{__proto__: {polluted: a}, constructor: b, toString: c, hasOwnProperty: d, prototype: e}";
  const labels = "{__proto__: a, constructor: b, toString: c}";
  const files = {
    "kustomization.yaml": `resources: [a.yaml]\ncommonLabels: ${labels}\npatches:\n- patch: |\n    apiVersion: v1\n    kind: Pod\n    metadata: {name: a}\n    spec: ${keys}\n`,
    "a.yaml": pod("a", `spec: {x: ${keys}}\n`),
  };
  const text = renderYaml(build(memoryTree(files), "").objects);
  expect(text).toContain("  labels:\n    __proto__: a\n    constructor: b\n    toString: c\n");
  expect(text.match(/__proto__:\s+polluted: a/g)).toHaveLength(2);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("a target pattern that would take exponential time elsewhere is linear", () => {
  const files = {
    "kustomization.yaml": `resources: [a.yaml]\npatches:\n- target: {name: "(a+)+$"}\n  patch: '[{"op": "remove", "path": "/x"}]'\n`,
    "a.yaml": pod(`${"a".repeat(5000)}b`),
  };
  expect(build(memoryTree(files), "").objects).toHaveLength(1);
});

test("deleting every resource by patch gives an empty result, not an error", () => {
  const files = {
    "kustomization.yaml": `resources: [a.yaml]\npatches:\n- target: {kind: Pod}\n  patch: '{apiVersion: v1, kind: X, metadata: {name: x}, $patch: delete}'\n`,
    "a.yaml": pods(3),
  };
  expect(build(memoryTree(files), "").objects).toEqual([]);
});

test("a message about a generator never holds the value of a literal", () => {
  const error = failureOf({ "kustomization.yaml": "secretGenerator: [{name: s, literals: [hunter2]}]" });
  expect(error.code).toBe("GENERATOR_FAILED");
  expect(error.message).not.toContain("hunter2");
});

test("a message about a patch that does not parse, or a value that does not fit, never quotes it", () => {
  const secret = "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {p: hunter2}, spec: {n: 1}}";
  const broken =
    'resources: [s.yaml]\npatches: [{target: {kind: Secret}, patch: \'[{"op": "add", "value": hunter2}]\'}]';
  const misfit =
    "resources: [s.yaml]\nreplacements: [{source: {kind: Secret, fieldPath: stringData.p}, targets: [{select: {kind: Secret}, fieldPaths: [spec.n]}]}]";
  for (const kustomization of [broken, misfit]) {
    const error = failureOf({ "kustomization.yaml": kustomization, "s.yaml": secret });
    expect(["PATCH_FAILED", "TRANSFORM_FAILED"]).toContain(error.code);
    expect(error.message).not.toContain("hunter2");
  }
});

test("integers beyond 2^53 pass unrounded through patches", () => {
  const files = {
    "kustomization.yaml": `resources: [a.yaml]\npatches:\n- target: {kind: Pod}\n  patch: '[{"op": "add", "path": "/spec/b", "value": 9007199254740995}]'\n`,
    "a.yaml": pod("a", "spec: {a: 9007199254740993}\n"),
  };
  expect(build(memoryTree(files), "").objects[0]?.["spec"]).toEqual({ a: 9007199254740993n, b: 9007199254740995n });
});

test("the path to build may start with a slash or dots, and an absent folder has no kustomization", () => {
  const files = { "app/kustomization.yaml": "resources: []" };
  for (const path of ["app", "./app", "/app/", "app/../app"])
    expect(build(memoryTree(files), path).objects).toEqual([]);
  expect(failureOf(files, "nope").code).toBe("NO_KUSTOMIZATION");
  expect(failureOf(files, "../x").code).toBe("FORBIDDEN_PATH");
});
