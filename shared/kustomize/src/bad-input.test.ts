import { type JsonObject } from "@sluice/base";
import { expect, test } from "vitest";
import { build, type BuildOptions } from "./build.ts";
import { BuildCache } from "./cache.ts";
import { KustomizeError } from "./errors.ts";
import { memoryTree } from "./file-tree.ts";
import { renderYaml } from "./render.ts";

type Files = Record<string, string>;

function failureOf(files: Files, options?: BuildOptions): KustomizeError {
  try {
    build(memoryTree(files), "", options);
  } catch (thrown) {
    if (thrown instanceof KustomizeError) return thrown;
    throw thrown;
  }
  throw new Error("expected a KustomizeError");
}

function pod(name: string, extra = ""): string {
  return `apiVersion: v1\nkind: Pod\nmetadata:\n  name: ${name}\n${extra}`;
}

/** Ten levels of ten aliases each. */
function bomb(field: string): string {
  const levels = Array.from({ length: 9 }, (_, at) => `x${at + 1}: &x${at + 1} [${`*x${at},`.repeat(10)}]\n`);
  return `x0: &x0 [a]\n${levels.join("")}${field}: [*x9]\n`;
}

const DEEP_YAML = "[".repeat(5000);
const DEEP_JSON = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
const JSON_PATCH = "patches: [{target: {kind: Pod}, path: p}]";

/** Every file that a kustomization names and that is parsed: alias bombs and nesting must end in an error in each. */
const PARSED: readonly (readonly [role: string, kustomization: string, file: string])[] = [
  ["a resource", "resources: [x]", "x"],
  ["a base", "resources: [x]", "x/kustomization.yaml"],
  ["a component", "components: [x]", "x/kustomization.yaml"],
  ["a patch", "patches: [{path: x}]", "x"],
  ["a strategic merge patch", "patchesStrategicMerge: [x]", "x"],
  ["a JSON patch", "patchesJson6902: [{path: x, target: {name: a, kind: Pod, version: v1}}]", "x"],
  ["a replacement", "replacements: [{path: x}]", "x"],
  ["a configuration", "configurations: [x]", "x"],
  ["a file of CRDs", "crds: [x]", "x"],
  ["an OpenAPI schema", "openapi: {path: x}", "x"],
  ["a generator", "generators: [x]", "x"],
  ["a transformer", "transformers: [x]", "x"],
  ["a validator", "validators: [x]", "x"],
  [
    "a file of targets",
    "transformers: ['{apiVersion: builtin, kind: ValueAddTransformer, metadata: {name: v}, value: x, targetFilePath: x}']",
    "x",
  ],
];

for (const [role, kustomization, file] of PARSED) {
  for (const [threat, content, message] of [
    ["aliases that stand for 10^9 values", bomb("apiVersion"), /aliased values/],
    ["an alias of itself", "a: &a [*a]\nb: &b {c: *b}\n", /1000 levels/],
    ["5,000 nested lists", `a: ${DEEP_YAML}`, /nested deeper/],
    ["a control character", "a: 'b\x7F'\n", /control characters/],
  ] as const) {
    test(`${role} with ${threat} is an error that names the place`, () => {
      const error = failureOf({ "kustomization.yaml": kustomization, [file]: content });
      expect(error.data.place?.file).toMatch(new RegExp(`^(?:${file}|kustomization.yaml)$`));
      expect(error.message).toMatch(message);
    });
  }
}

test("nested JSON exhausts no stack: schema, CRDs and JSON patch", () => {
  const document = `{"definitions": {"a": ${DEEP_JSON}, "b": 12345678901234567890}}`;
  const schema = failureOf({ "kustomization.yaml": "resources: []\nopenapi: {path: s.json}\n", "s.json": document });
  expect([schema.code, schema.data.place]).toEqual(["TOO_LARGE", { file: "kustomization.yaml", field: "openapi" }]);
  const crds = failureOf({ "kustomization.yaml": "crds: [c.json]\n", "c.json": document });
  expect([crds.code, crds.data.place?.field]).toEqual(["TOO_LARGE", "crds[0]"]);
  const files = { "kustomization.yaml": `resources: [a.yaml]\n${JSON_PATCH}\n`, "a.yaml": pod("a") };
  const patch = failureOf({ ...files, p: `[{"op": "add", "path": "/spec", "value": ${DEEP_JSON}}]` });
  expect([patch.code, patch.data.place?.field]).toEqual(["TOO_LARGE", "patches[0]"]);
});

const DOUBLINGS: readonly (readonly [name: string, kustomization: string])[] = [
  [
    "JSON patch copies",
    `patches: [{target: {kind: Pod}, patch: '${JSON.stringify(
      Array.from({ length: 60 }, (_, at) => ({ op: "copy", from: "/spec", path: `/spec/x${at}` })),
    )}'}]`,
  ],
  [
    "replacements of mappings",
    `replacements: [${Array.from({ length: 60 }, (_, at) => `{source: {kind: Pod, fieldPath: spec}, targets: [{select: {kind: Pod}, fieldPaths: [spec.x${at}], options: {create: true}}]}`).join()}]`,
  ],
  [
    "replacements of texts",
    `replacements: [${Array.from({ length: 60 }, () => '{source: {kind: Pod, fieldPath: spec.a}, targets: [{select: {kind: Pod}, fieldPaths: [spec.a], options: {delimiter: "|", index: -1}}]}').join()}]`,
  ],
  [
    "replacements in JSON text",
    `replacements: [${Array.from({ length: 60 }, () => "{source: {kind: Pod, fieldPath: spec.j}, targets: [{select: {kind: Pod}, fieldPaths: [spec.j.a]}]}").join()}]`,
  ],
];

for (const [name, kustomization] of DOUBLINGS) {
  test(`an object that 60 ${name} double each time ends at the limit of copies`, () => {
    const files = {
      "kustomization.yaml": `resources: [a.yaml]\n${kustomization}\n`,
      "a.yaml": pod("a", `spec: {a: b, j: '{"a": "b"}'}\n`),
    };
    const error = failureOf(files, { limits: { copies: 10_000 } });
    expect(error.code).toBe("TOO_LARGE");
    expect(error.message).toContain("makes more than 10000 values");
    expect(error.data.place?.file).toBe("kustomization.yaml");
  });
}

test("a large patch of many resources, and a large variable in many places, end at the limit of copies", () => {
  const pods = Array.from({ length: 200 }, (_, at) => pod(`p${at}`)).join("---\n");
  const list = Array.from({ length: 100 }, (_, at) => at).join();
  const patch = `patches: [{target: {kind: Pod}, patch: '{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {l: [${list}]}}'}]`;
  const files = { "kustomization.yaml": `resources: [a.yaml]\n${patch}\n`, "a.yaml": pods };
  expect(failureOf(files, { limits: { copies: 10_000 } }).code).toBe("TOO_LARGE");
  expect(build(memoryTree(files), "", { limits: { copies: 30_000 } }).objects).toHaveLength(200);
  const vars = `vars: [{name: A, objref: {apiVersion: v1, kind: Pod, name: a}, fieldref: {fieldPath: spec.big}}]`;
  const spec = `spec: {big: ${"x".repeat(64_000)}, containers: [{args: [${'"$(A)$(A)$(A)",'.repeat(10)}]}]}\n`;
  const expanded = { "kustomization.yaml": `resources: [a.yaml]\n${vars}\n`, "a.yaml": pod("a", spec) };
  expect(failureOf(expanded, { limits: { copies: 10_000 } }).code).toBe("TOO_LARGE");
});

test("ports of which some lack a protocol, and so may match any, end at the limit of copies", () => {
  const ports = Array.from({ length: 300 }, (_, at) => `{containerPort: ${at + 1}${at % 2 ? ", protocol: TCP" : ""}}`);
  const spec = `spec: {containers: [{name: a, ports: [${ports.join()}]}]}\n`;
  const files = {
    "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]\n",
    "a.yaml": pod("a", spec),
    "p.yaml": pod("a", spec),
  };
  const error = failureOf(files, { limits: { copies: 90_000 } });
  expect([error.code, error.message]).toEqual(["TOO_LARGE", expect.stringContaining("makes more than")]);
  expect(build(memoryTree(files), "", { limits: { copies: 100_000 } }).objects).toHaveLength(1);
});

const entry = (at: number) => ({
  "patches of all": `{target: {kind: Pod}, patch: '{apiVersion: v1, kind: Pod, metadata: {name: x}, spec: {a: ${at}}}'}`,
  "JSON patches of all": `{target: {kind: Pod}, patch: '[{"op": "add", "path": "/spec", "value": ${at}}]'}`,
  "JSON patches of none": `{target: {kind: Pod, name: x.*}, patch: '[{"op": "remove", "path": "/spec"}]'}`,
  labels: `{pairs: {a: b${at}}, includeSelectors: true}`,
  images: `{name: a${at}, newTag: b}`,
  replicas: `{name: p${at}, count: 1}`,
  replacements:
    "{source: {kind: Pod, name: p0}, targets: [{select: {kind: Pod}, fieldPaths: [spec.a], options: {create: true}}]}",
  transformers: `"{apiVersion: builtin, kind: PrefixTransformer, metadata: {name: a${at}}, prefix: b}"`,
  validators: `"{apiVersion: builtin, kind: PrefixTransformer, metadata: {name: a${at}}}"`,
});
const MULTIPLIED: readonly (readonly [name: keyof ReturnType<typeof entry>, field: string])[] = [
  ["patches of all", "patches"],
  ["JSON patches of all", "patches"],
  ["JSON patches of none", "patches"],
  ["labels", "labels"],
  ["images", "images"],
  ["replicas", "replicas"],
  ["replacements", "replacements"],
  ["transformers", "transformers"],
  ["validators", "validators"],
];

for (const [name, field] of MULTIPLIED) {
  test(`many ${name} over many resources end at the limit of what a build makes`, () => {
    const entries = Array.from({ length: 100 }, (_, at) => entry(at)[name]).join();
    const kind = field === "replicas" ? "Deployment" : "Pod";
    const manifests = Array.from({ length: 100 }, (_, at) => pod(`p${at}`).replace("Pod", kind)).join("---\n");
    const files = { "kustomization.yaml": `resources: [a.yaml]\n${field}: [${entries}]\n`, "a.yaml": manifests };
    expect(failureOf(files, { limits: { copies: 8_000 } })).toMatchObject({
      code: "TOO_LARGE",
      message: expect.stringContaining("makes more than 8000 values"),
    });
  });
}

const BIG = "x".repeat(64_000);
const PODS = Array.from({ length: 20 }, (_, at) => pod(`p${at}`)).join("---\n");
const REPEATED: readonly (readonly [name: string, files: Record<string, string>])[] = [
  [
    "one base in many overlays",
    {
      "kustomization.yaml": `resources: [${Array.from({ length: 20 }, (_, at) => `o${at}`).join()}]\n`,
      ...Object.fromEntries(
        Array.from({ length: 20 }, (_, at) => [
          `o${at}/kustomization.yaml`,
          `resources: [../b]\nnamePrefix: p${at}-\n`,
        ]),
      ),
      "b/kustomization.yaml": "resources: [b.yaml]\n",
      "b/b.yaml": pod("b", `spec: {a: ${BIG}}\n`),
    },
  ],
  [
    "one file under many keys",
    {
      "kustomization.yaml": `configMapGenerator: [{name: a, files: [${Array.from({ length: 20 }, (_, at) => `k${at}=f`).join()}]}]\n`,
      f: BIG,
    },
  ],
  ["a long prefix", { "kustomization.yaml": `resources: [a.yaml]\nnamePrefix: ${BIG}\n`, "a.yaml": PODS }],
  [
    "a long annotation",
    { "kustomization.yaml": `resources: [a.yaml]\ncommonAnnotations: {a: ${BIG}}\n`, "a.yaml": PODS },
  ],
  ["a long label", { "kustomization.yaml": `resources: [a.yaml]\nlabels: [{pairs: {a: ${BIG}}}]\n`, "a.yaml": PODS }],
];

for (const [name, files] of REPEATED) {
  test(`${name} ends at the limit of what a build makes, and is built below it, with a warm cache as without`, () => {
    const cache = new BuildCache();
    for (const options of [{}, { cache }, { cache }]) {
      expect(failureOf(files, { ...options, limits: { copies: 10_000 } }).code).toBe("TOO_LARGE");
      expect(build(memoryTree(files), "", { ...options, limits: { copies: 60_000 } }).objects.length).toBeGreaterThan(
        0,
      );
    }
  });
}

test("renderYaml() of objects that are nested too deeply is an error of the builder's own", () => {
  let deep: JsonObject = {};
  for (let level = 0; level < 20_000; level += 1) deep = { a: deep };
  expect(() => renderYaml([deep])).toThrow(expect.objectContaining({ code: "TOO_LARGE" }));
});

test("an inline text that is no object is not shown: it may be a Secret", () => {
  const secret = "apiVersion: v1\nkind: Secret\nstringData: {pw: hunter2}\n";
  for (const field of ["patchesStrategicMerge", "generators", "transformers", "resources", "components"]) {
    const { message } = failureOf({ "kustomization.yaml": JSON.stringify({ [field]: [secret] }) });
    expect(message).toContain("the inline text is neither a valid object nor the path of a file");
    expect(message).not.toContain("hunter2");
  }
});

test("ids whose parts hold separators are not taken for one another", () => {
  const role = (name: string, namespace: string) =>
    `apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: ${name}, namespace: ${namespace}}\n`;
  const files = {
    "kustomization.yaml": "resources: [a.yaml]\n",
    "a.yaml": `${role("c", "a|b")}---\n${role("b|c", "a")}`,
  };
  expect(build(memoryTree(files), "").objects).toHaveLength(2);
});

test("no path of a patch, replacement, configuration or transformer reaches a prototype", () => {
  const files = {
    "kustomization.yaml": `resources: [a.yaml]
configurations: [c.yaml]
commonLabels: {x: z}
namePrefix: p-
namespace: shop
replacements:
- sourceValue: polluted
  targets:
  - select: {kind: Pod}
    fieldPaths: [__proto__.r1, constructor.prototype.r2]
    options: {create: true}
patches:
- target: {kind: Pod}
  patch: '[{"op":"add","path":"/__proto__","value":{}},{"op":"add","path":"/__proto__/j1","value":"x"},{"op":"copy","from":"/__proto__","path":"/constructor"}]'
transformers:
- |-
  apiVersion: builtin
  kind: ValueAddTransformer
  metadata: {name: v}
  value: x
  targets: [{fieldPath: __proto__/v1}, {fieldPath: constructor/prototype/v2}]
vars: [{name: __proto__, objref: {apiVersion: v1, kind: Pod, name: a}}]
`,
    "a.yaml": pod("a"),
    "c.yaml": `commonLabels: [{path: __proto__/c1, create: true}, {path: constructor/prototype/c2, create: true}]
namePrefix: [{path: __proto__/n1, create: true}]
namespace: [{path: __proto__/s1, create: true}]
`,
  };
  const before = Object.getOwnPropertyNames(Object.prototype);
  const [object] = build(memoryTree(files), "").objects;
  expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  expect(Object.keys(Object)).toEqual([]);
  expect(renderYaml(object === undefined ? [] : [object])).toContain("__proto__:\n  c1:\n    x: z\n  j1: x\n");
});

const TOO_MUCH: readonly (readonly [name: string, files: Files, message: string])[] = [
  ["a file of 33 MiB", { "kustomization.yaml": "resources: [a]", a: "#".repeat(33 * 1024 * 1024) }, "33554432 bytes"],
  [
    "50,000 objects",
    {
      "kustomization.yaml": "resources: [a]",
      a: "{apiVersion: v1, kind: P, metadata: {name: x}}\n---\n".repeat(50_000),
    },
    "more than 25000 resources",
  ],
  [
    "50,000 objects in a list",
    {
      "kustomization.yaml": "resources: [a]",
      a: `apiVersion: v1\nkind: List\nitems:\n${"- {apiVersion: v1, kind: P, metadata: {name: x}}\n".repeat(50_000)}`,
    },
    "more than 25000 resources",
  ],
];

for (const [name, files, message] of TOO_MUCH) {
  test(`${name} ends at a limit that the message names`, () => {
    expect(failureOf(files).message).toContain(message);
  });
}

const CYCLES: readonly (readonly [name: string, files: Files])[] = [
  ["itself", { "kustomization.yaml": "resources: [.]" }],
  ["its parent", { "kustomization.yaml": "resources: [a]", "a/kustomization.yaml": "resources: [..]" }],
  ["itself as a component", { "kustomization.yaml": "components: [.]" }],
  ["itself as a generator", { "kustomization.yaml": "generators: [.]" }],
  ["itself as a transformer", { "kustomization.yaml": "transformers: [.]" }],
  ["itself as a validator", { "kustomization.yaml": "resources: []\nvalidators: [.]" }],
  [
    "itself by way of a base and a component",
    {
      "kustomization.yaml": "resources: [a]",
      "a/kustomization.yaml": "components: [../b]",
      "b/kustomization.yaml": "kind: Component\nresources: [../a]",
    },
  ],
];

for (const [name, files] of CYCLES) {
  test(`a kustomization that includes ${name} is a cycle`, () => {
    const error = failureOf(files);
    expect(error.code).toBe("CYCLE");
    expect(error.data.place?.field).toMatch(/^(?:resources|components|generators|transformers|validators)\[0\]$/);
  });
}

const OUTSIDE: readonly (readonly [name: string, kustomization: string])[] = [
  ["validator", "resources: []\nvalidators: [../v.yaml]"],
  ["generator", "generators: [../../g.yaml]"],
  ["transformer", "transformers: [/t.yaml]"],
  ["base", "bases: [../..]"],
  [
    "JSON patch of a transformer",
    `transformers: ['{apiVersion: builtin, kind: PatchTransformer, metadata: {name: a}, path: ../p.yaml}']`,
  ],
  [
    "file of targets",
    `transformers: ['{apiVersion: builtin, kind: ValueAddTransformer, metadata: {name: a}, value: x, targetFilePath: ../t}']`,
  ],
  [
    "file of a generator's configuration",
    `generators: ['{apiVersion: builtin, kind: SecretGenerator, metadata: {name: a}, files: [../t]}']`,
  ],
];

for (const [name, kustomization] of OUTSIDE) {
  test(`nothing outside the tree is read: ${name}`, () => {
    const tree = memoryTree({ "kustomization.yaml": kustomization });
    const read: string[] = [];
    const watched = { ...tree, read: (path: string) => (read.push(path), tree.read(path)) };
    expect(() => build(watched, "")).toThrow("leads out of the source");
    expect(read.filter((path) => path.startsWith("/") || path.includes(".."))).toEqual([]);
  });
}

test("the message of an error in a base names file, line and the kustomizations that led there", () => {
  const files = {
    "kustomization.yaml": "resources: [one]",
    "one/kustomization.yaml": "components: [../two]",
    "two/kustomization.yaml": "kind: Component\nresources: [bad.yaml]",
    "two/bad.yaml": `${pod("a")}---\n\n${pod("b")}  bad: [\n`,
  };
  const error = failureOf(files);
  expect(error.data.chain).toEqual(["", "one", "two"]);
  expect(error.data.place).toMatchObject({ file: "two/bad.yaml" });
  expect(error.message).toMatch(
    /^Cannot build "two": .*line 1[12].* \(in "two\/bad.yaml".*; included by "one" of "\."\)$/s,
  );
});
