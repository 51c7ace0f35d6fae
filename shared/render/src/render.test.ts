import { type Kustomization } from "@sluice/api";
import { atOnce } from "@sluice/base";
import { memoryTree } from "@sluice/kustomize";
import { expect, test } from "vitest";
import { RenderError } from "./errors.ts";
import { renderInputsChanged } from "./inputs.ts";
import { render } from "./render.ts";

type Spec = Kustomization["spec"];

const base: Spec = { interval: "1m", prune: true, sourceRef: { kind: "GitRepository", name: "app" } };
const owner = { namespace: "flux-system", name: "apps" };

const config = (name: string, more = "") =>
  `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n${more}data: {key: value}\n`;
const deployment = (image: string) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: "${image}"}]}
`;

function rendered(files: Record<string, string>, spec: Partial<Spec> = {}) {
  return atOnce(render({ tree: memoryTree(files), owner, spec: { ...base, ...spec } }));
}

function names(files: Record<string, string>, spec: Partial<Spec> = {}): string[] {
  return rendered(files, spec).objects.map(({ metadata }) => metadata.name);
}

function failure(files: Record<string, string>, spec: Partial<Spec> = {}): RenderError {
  try {
    rendered(files, spec);
  } catch (error) {
    if (error instanceof RenderError) return error;
    throw error;
  }
  throw new Error("did not fail");
}

test("render() generates a kustomization of every manifest below the path and leaves other files alone", () => {
  const files = {
    "apps/a.yaml": config("a"),
    "apps/sub/b.yml": config("b"),
    "apps/readme.md": "# no",
    "other/c.yaml": config("c"),
  };
  expect(names(files, { path: "./apps" })).toEqual(["a", "b"]);
});

test("render() takes a folder with a kustomization of its own as one entry of a generated one", () => {
  const files = {
    "a.yaml": config("a"),
    "sub/kustomization.yaml": "resources: [b.yaml]\nnamePrefix: x-\n",
    "sub/b.yaml": config("b"),
    "sub/unlisted.yaml": config("unlisted"),
  };
  expect(names(files)).toEqual(["a", "x-b"]);
});

test.each(["kustomization.yaml", "kustomization.yml", "Kustomization"])("render() builds an existing %s", (name) => {
  expect(names({ [name]: "resources: [a.yaml]\n", "a.yaml": config("a"), "b.yaml": config("b") })).toEqual(["a"]);
});

test("render() puts the owner's labels on every object", () => {
  const [object] = rendered({ "a.yaml": config("a", "  labels: {mine: yes-it-is}\n") }).objects;
  expect(object?.metadata.labels).toEqual({
    mine: "yes-it-is",
    "kustomize.toolkit.fluxcd.io/name": "apps",
    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
  });
});

test("render() applies common metadata last, over the owner's labels", () => {
  const commonMetadata = {
    labels: { team: "a", "kustomize.toolkit.fluxcd.io/name": "forged" },
    annotations: JSON.parse('{"__proto__": "data", "note": "n"}'),
  };
  const [object] = rendered({ "a.yaml": config("a") }, { commonMetadata }).objects;
  expect(object?.metadata.labels).toMatchObject({ team: "a", "kustomize.toolkit.fluxcd.io/name": "forged" });
  expect(Object.entries(object?.metadata.annotations ?? {})).toEqual([
    ["__proto__", "data"],
    ["note", "n"],
  ]);
});

test("render() sets target namespace, prefix and suffix over those of the file", () => {
  const files = {
    "kustomization.yaml": "resources: [a.yaml]\nnamespace: old\nnamePrefix: old-\n",
    "a.yaml": config("a"),
  };
  const [object] = rendered(files, { targetNamespace: "new", namePrefix: "p-", nameSuffix: "-s" }).objects;
  expect(object?.metadata).toMatchObject({ namespace: "new", name: "p-a-s" });
});

test("render() appends the spec's patches after those of the file", () => {
  const patch = (value: string) =>
    `apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {key: ${value}, ${value}: seen}\n`;
  const files = {
    "kustomization.yaml": "resources: [a.yaml]\npatches: [{path: p.yaml}]\n",
    "p.yaml": patch("file"),
    "a.yaml": config("a"),
  };
  const [object] = rendered(files, { patches: [{ patch: patch("spec") }] }).objects;
  expect(object?.["data"]).toEqual({ key: "spec", file: "seen", spec: "seen" });
});

test("render() selects the objects of a JSON 6902 patch by its target", () => {
  const patches = [
    { patch: '[{"op":"add","path":"/data/more","value":"x"}]', target: { kind: "ConfigMap", name: "b" } },
  ];
  const { objects } = rendered({ "a.yaml": config("a"), "b.yaml": config("b") }, { patches });
  expect(objects.map((object) => object["data"])).toEqual([{ key: "value" }, { key: "value", more: "x" }]);
});

test.each([
  ["a new tag replaces tag and digest, and keeps the name", { newTag: "2" }, "mirror/web:2"],
  ["a digest replaces the tag", { digest: "sha256:abc" }, "mirror/web@sha256:abc"],
  ["a new name keeps the tag", { newName: "other/web" }, "other/web:1"],
])("render() merges images by name: %s", (_, image, expected) => {
  const files = {
    "kustomization.yaml": 'resources: [d.yaml]\nimages: [{name: web, newName: mirror/web, newTag: "1"}]\n',
    "d.yaml": deployment("web:0"),
  };
  const [object] = rendered(files, { images: [{ name: "web", ...image }] }).objects;
  expect(JSON.stringify(object)).toContain(`"image":"${expected}"`);
});

test("render() includes components, and skips missing ones if it may", () => {
  const files = {
    "app/kustomization.yaml": "resources: [a.yaml]\n",
    "app/a.yaml": config("a"),
    "parts/x/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -x\n",
  };
  const spec = { path: "app", components: ["../parts/x", "../parts/none"] };
  expect(names(files, { ...spec, ignoreMissingComponents: true })).toEqual(["a-x"]);
  expect(failure(files, spec).code).toBe("BUILD_FAILED");
});

test.each(["https://example.com/x", "/abs", "../../../etc"])("render() refuses the component %s", (component) => {
  expect(failure({ "app/a.yaml": config("a") }, { path: "app", components: [component] })).toMatchObject({
    code: "INVALID_SPEC",
    data: { field: "spec.components[0]" },
  });
});

test("render() names file and line of a manifest that is not YAML", () => {
  const error = failure({
    "ok.yaml": config("a"),
    "sub/bad.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x\n",
  });
  expect(error.code).toBe("BUILD_FAILED");
  expect(error.message).toContain("sub/bad.yaml");
  expect(error.data).toMatchObject({ origin: { file: "sub/bad.yaml", line: expect.any(Number) } });
});

test("render() names the line of a kustomization that is not YAML even if the spec changes it", () => {
  const error = failure({ "kustomization.yaml": "resources:\n- a.yaml\n  b: [\n" }, { targetNamespace: "x" });
  expect(error).toMatchObject({ code: "BUILD_FAILED", data: { origin: { file: "kustomization.yaml" } } });
});

test("render() tells where each object was declared", () => {
  const { origins } = rendered({ "a.yaml": `${config("a")}---\n${config("b")}`, "z/c.yaml": config("c") });
  expect(origins.map(({ file }) => file)).toEqual(["a.yaml", "a.yaml", "z/c.yaml"]);
  expect(origins[1]?.line).toBeGreaterThan(origins[0]?.line ?? 0);
});

test("render() says which path is missing, and which leaves the artifact", () => {
  const files = { "app/a.yaml": config("a") };
  expect(failure(files, { path: "./nope" })).toMatchObject({ code: "PATH_NOT_FOUND", data: { path: "./nope" } });
  expect(failure(files, { path: "app/a.yaml" }).code).toBe("PATH_NOT_FOUND");
  expect(failure(files, { path: "app/../../etc" }).code).toBe("INVALID_PATH");
});

test.each([
  ["spec.decryption", { decryption: { provider: "sops" as const } }],
  ["spec.postBuild", { postBuild: { substitute: { a: "b" } } }],
  [
    "spec.postBuild",
    { postBuild: { substituteFrom: [{ kind: "ConfigMap" as const, name: "vars", optional: false }] } },
  ],
  ["spec.postBuild", { postBuild: { substituteStrategy: "Always" as const } }],
])("render() refuses %s instead of ignoring it", (field, spec) => {
  const error = failure({ "a.yaml": config("a") }, spec);
  expect(error).toMatchObject({ code: "NOT_SUPPORTED", data: { field } });
  expect(error.message).toContain(field);
});

test("render() accepts an empty postBuild: there is nothing to substitute", () => {
  expect(names({ "a.yaml": config("a") }, { postBuild: { substitute: {}, substituteFrom: [] } })).toEqual(["a"]);
});

test("render() returns no objects for an empty folder and an empty kustomization", () => {
  expect(names({ "app/readme.md": "" }, { path: "app" })).toEqual([]);
  expect(names({ "kustomization.yaml": "kind: Kustomization\nresources: []\n", "a.yaml": config("a") })).toEqual([]);
});

test("render() refuses an unknown field of a kustomization rather than finding it empty", () => {
  expect(failure({ "kustomization.yaml": "resource: [a.yaml]\n", "a.yaml": config("a") }).code).toBe("BUILD_FAILED");
});

test("render() refuses an encrypted Secret and says no value of it", () => {
  const secret = "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\ndata: {p: ENC-canary}\nsops: {mac: m}\n";
  const error = failure({ "a.yaml": config("a"), "s.yaml": secret });
  expect(error).toMatchObject({ code: "ENCRYPTED", data: { origin: { file: "s.yaml" } } });
  expect(error.message).not.toContain("canary");
});

test("render() reads nothing outside the tree", () => {
  const files = { "kustomization.yaml": "resources: [../../../../etc/passwd]\n" };
  expect(failure(files).code).toBe("BUILD_FAILED");
});

test("render() gives equal digests for equal manifests and ignores the owner's labels", () => {
  const tree = memoryTree({ "a.yaml": config("a") });
  const first = atOnce(render({ tree, owner, spec: base })).digest;
  expect(atOnce(render({ tree, owner: { namespace: "x", name: "y" }, spec: base })).digest).toBe(first);
  expect(rendered({ "a.yaml": config("b") }).digest).not.toBe(first);
  expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
});

test.each([
  ["generated", {}],
  ["generated and adjusted", { targetNamespace: "x" }],
])("renderInputsChanged() sees what matters to a %s kustomization, and nothing else", (_, spec) => {
  const files = { "app/a.yaml": config("a"), "app/sub/b.yaml": config("b"), "other/c.yaml": config("c") };
  const { inputs } = rendered(files, { path: "app", ...spec });
  const changed = (more: Record<string, string>) => renderInputsChanged(inputs, memoryTree({ ...files, ...more }));
  expect(changed({})).toBe(false);
  expect(changed({ "other/c.yaml": config("d") })).toBe(false);
  expect(changed({ "app/sub/b.yaml": config("d") })).toBe(true);
  expect(changed({ "app/sub/new.yaml": config("d") })).toBe(true);
  expect(changed({ "app/kustomization.yaml": "resources: [a.yaml]" })).toBe(true);
});

test.each([
  ["as it is", {}],
  ["adjusted", { namePrefix: "p-" }],
])("renderInputsChanged() sees a change of the kustomization that was built %s", (_, spec) => {
  const files = { "kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": config("a"), "b.yaml": config("b") };
  const { inputs } = rendered(files, spec);
  const changed = (more: Record<string, string>) => renderInputsChanged(inputs, memoryTree({ ...files, ...more }));
  expect(changed({})).toBe(false);
  expect(changed({ "b.yaml": config("c") })).toBe(false);
  expect(changed({ "kustomization.yaml": "resources: [b.yaml]\n" })).toBe(true);
});

test("renderInputsChanged() sees that a missing component has appeared", () => {
  const files = { "app/a.yaml": config("a") };
  const component = {
    "parts/x/kustomization.yaml": "apiVersion: kustomize.config.k8s.io/v1alpha1\nkind: Component\nnameSuffix: -x\n",
  };
  const spec = { path: "app", components: ["../parts/x"], ignoreMissingComponents: true };
  const { inputs } = rendered(files, spec);
  expect(renderInputsChanged(inputs, memoryTree({ ...files, ...component }))).toBe(true);
});
