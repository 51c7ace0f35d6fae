import { type KubeObject } from "@sluice/api";
import { KubeError } from "@sluice/kube";
import { configMapFile, configMapRef, kustomizationLab, kustomizationRef, statedBy, until } from "@sluice/testkit";
import { expect, test } from "vitest";
import { runKustomization } from "./app.ts";
import { parseConfig } from "./config.ts";

const run: Parameters<typeof kustomizationLab>[0]["run"] = (flags, deps, signal) =>
  runKustomization(parseConfig(flags, {}), deps, signal);

test("a missing source is named, and its Kustomization starts as soon as it is there", async () => {
  await using lab = await kustomizationLab({ run });
  await lab.add("app");
  await lab.untilReason("app", "ArtifactFailed", /"GitRepository\/default\/repo"/);
  await lab.advertise("repo", null);
  await lab.untilReason("app", "ArtifactFailed", /artifact not found/);
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.ready("app", revision);
});

test.each([
  ["OCIRepository", "NotSupported", /does not serve OCIRepository yet/],
  ["Bucket", "NotSupported", /does not serve Bucket yet/],
])("a source of kind %s stalls with %s", async (kind, reason, message) => {
  await using lab = await kustomizationLab({ run });
  await lab.add("app", { sourceRef: { kind, name: "repo" } });
  const app = await lab.untilReason("app", reason, message);
  expect(statedBy(app, "Stalled")?.status).toBe("True");
  expect(app.status?.observedGeneration).toBe(1);
});

test("a source in another namespace is refused under --no-cross-namespace-refs", async () => {
  await using lab = await kustomizationLab({ run, flags: ["--no-cross-namespace-refs"] });
  await lab.add("app", { sourceRef: { kind: "GitRepository", name: "repo", namespace: "far" } });
  const app = await lab.untilReason(
    "app",
    "AccessDenied",
    /^Reconciliation failed terminally due to configuration error: /,
  );
  expect(statedBy(app, "Stalled")?.reason).toBe("AccessDenied");
});

test.each([
  [{ serviceAccountName: "me" }, [], /spec\.serviceAccountName/],
  [{ kubeConfig: { secretRef: { name: "k" } } }, [], /spec\.kubeConfig/],
  [{}, ["--default-service-account=me"], /--default-service-account/],
])("what would need other rights than the controller's own is refused: %o %o", async (spec, flags, message) => {
  await using lab = await kustomizationLab({ run, flags });
  await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app", spec);
  await lab.untilReason("app", "NotSupported", message);
  expect(await lab.find(configMapRef("a"))).toBeUndefined();
});

test("a path that is missing is retried, one that leaves the artifact stalls; neither prunes", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "app/a.yaml": configMapFile("a") });
  await lab.add("app", { path: "./app" });
  await lab.ready("app", revision);
  await lab.push({ "elsewhere/a.yaml": configMapFile("a") });
  await lab.untilReason("app", "ArtifactFailed", /"\.\/app": no such directory/);
  expect(await lab.find(configMapRef("a"))).toBeDefined();
  await lab.change("app", { spec: { path: "../../etc" } });
  const app = await lab.untilReason("app", "ArtifactFailed", /leads out of the artifact/);
  expect(statedBy(app, "Stalled")?.status).toBe("True");
  expect(await lab.find(configMapRef("a"))).toBeDefined();
});

test("a build that became empty prunes nothing until the annotation allows it", async () => {
  await using lab = await kustomizationLab({ run });
  const first = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app");
  await lab.ready("app", first);
  const second = await lab.push({ "README.md": "nothing" });
  await lab.untilReason("app", "BuildFailed", /all 1 objects would be deleted.*sluice\.dev\/allow-empty/);
  expect(await lab.find(configMapRef("a"))).toBeDefined();
  await lab.change("app", { metadata: { annotations: { "sluice.dev/allow-empty": "true" } } });
  const app = await lab.ready("app", second);
  expect(app.status?.inventory?.entries).toEqual([]);
  expect(await lab.find(configMapRef("a"))).toBeUndefined();
});

test("a broken revision names every object with file and line, changes nothing, and its fix is taken at once", async () => {
  await using lab = await kustomizationLab({ run });
  const first = await lab.push({ "a.yaml": configMapFile("a", { v: "1" }) });
  await lab.add("app");
  await lab.ready("app", first);
  const service = (name: string) =>
    `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\n  namespace: default\nspec:\n  ports:\n  - port: 0\n`;
  await lab.push({ "a.yaml": configMapFile("a", { v: "2" }), "s.yaml": `${service("one")}---\n${service("two")}` });
  const failed = await lab.untilReason("app", "ReconciliationFailed");
  const message = statedBy(failed, "Ready")?.message ?? "";
  expect(message).toMatch(/Service\/default\/one dry-run failed \(Invalid\): .* \(s\.yaml:1\)/);
  expect(message).toMatch(/Service\/default\/two dry-run failed \(Invalid\): .* \(s\.yaml:(9|10)\)/);
  await lab.event("app", "ReconciliationFailed", /Service\/default\/one/);
  expect((await lab.find(configMapRef("a")))?.["data"]).toEqual({ v: "1" });
  expect(failed.status?.inventory?.entries.length).toBe(1);
  expect(failed.status?.lastAppliedRevision).toBe(first);
  const outcomes = (app: typeof failed) => app.status?.history?.map((entry) => entry.lastReconciledStatus);
  expect(outcomes(failed)).toEqual(["ReconciliationFailed", "ReconciliationSucceeded"]);
  const again = await lab.reconcile("app");
  expect(again.status?.history).toEqual(failed.status?.history);
  const fixed = await lab.push({ "a.yaml": configMapFile("a", { v: "3" }) });
  await lab.ready("app", fixed);
});

test("a file that is not YAML is a BuildFailed that names it", async () => {
  await using lab = await kustomizationLab({ run });
  await lab.push({ "kustomization.yaml": "resources: [a.yaml]\n", "a.yaml": "a: b: c\n" });
  await lab.add("app");
  await lab.untilReason("app", "BuildFailed", /a\.yaml/);
});

test("an object whose kind, or whose namespace, is not there yet is applied when that appears, without a retry", async () => {
  await using lab = await kustomizationLab({ run });
  const widget = { apiVersion: "example.com/v1", kind: "Widget", metadata: { name: "w", namespace: "default" } };
  const far = { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "c", namespace: "far" } };
  await lab.push({ "w/w.yaml": JSON.stringify(widget), "c/c.yaml": JSON.stringify(far) });
  await lab.add("widgets", { path: "w" });
  await lab.add("far", { path: "c" });
  await lab.untilReason("widgets", "ReconciliationFailed", /no matches for kind "Widget" in version "example.com\/v1"/);
  await lab.untilReason("far", "ReconciliationFailed", /namespaces "far" not found/);
  await lab.client.create({ apiVersion: "v1", kind: "Namespace", metadata: { name: "far" } });
  await lab.ready("far");
  await lab.client.create(widgetDefinition);
  await lab.ready("widgets");
});

test.each([
  ["interval", "1d"],
  ["retryInterval", "-5m"],
  ["timeout", "soon"],
])("a stored %s of %j stalls its Kustomization and no other", async (field, text) => {
  await using lab = await kustomizationLab({ run, withoutSchema: true });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("bad", { [field]: text });
  await lab.add("good");
  const app = await lab.until("bad", (bad) => statedBy(bad, "Stalled")?.status === "True");
  expect(statedBy(app, "Ready")?.message).toContain(`spec.${field} "${text}"`);
  await lab.ready("good", revision);
});

test("objects stored before the schema stall with the field that is wrong, and their neighbours and dependents know", async () => {
  await using lab = await kustomizationLab({ run, withoutSchema: true });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  const { name, namespace, ...kind } = kustomizationRef("spec-less");
  await lab.client.create({ ...kind, metadata: { name, namespace } });
  await lab.add("nobody", { dependsOn: [null] });
  await lab.add("adrift", { sourceRef: "repo" });
  await lab.add("after", { dependsOn: [{ name: "adrift" }] });
  await lab.add("good");
  const message = async (name: string) => {
    const app = await lab.until(name, (bad) => statedBy(bad, "Stalled")?.status === "True");
    return statedBy(app, "Ready")?.message;
  };
  expect(await message("spec-less")).toBe("Cannot use spec: is missing");
  expect(await message("nobody")).toBe("Cannot use spec.dependsOn[0]: must be an object");
  expect(await message("adrift")).toBe("Cannot use spec.sourceRef: must be an object");
  await lab.untilReason("after", "DependencyNotReady", /"Kustomization\/default\/adrift": its spec is not valid/);
  await lab.ready("good", revision);
  await lab.change("adrift", { spec: { sourceRef: { kind: "GitRepository", name: "repo" } } });
  await lab.ready("adrift", revision);
  await lab.ready("after", revision);
});

test("a Kustomization whose spec is broken is not finalized by guess: it says why, and goes once it is mended", async () => {
  await using lab = await kustomizationLab({ run, withoutSchema: true });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app");
  await lab.ready("app", revision);
  await lab.change("app", { spec: { prune: "yes" } });
  await lab.client.delete(kustomizationRef("app"));
  const held = await lab.until(
    "app",
    (app) => statedBy(app, "Stalled")?.status === "True" && app?.metadata.deletionTimestamp !== undefined,
  );
  expect(statedBy(held, "Ready")?.message).toBe("Cannot use spec.prune: must be true or false");
  expect(await lab.find(configMapRef("a"))).toBeDefined();
  await lab.change("app", { spec: { prune: true } });
  await lab.until("app", (app) => app === undefined);
  expect(await lab.find(configMapRef("a"))).toBeUndefined();
});

test("an artifact that is gone is waited for in Flux's words; a new one is taken at once", async () => {
  await using lab = await kustomizationLab({ run });
  await lab.push({ "a.yaml": configMapFile("a") });
  const url = String(lab.artifact["url"]).replace(/[^/]+$/, "missing.tar.gz");
  await lab.advertise("repo", { ...lab.artifact, url });
  await lab.add("app");
  await lab.untilReason("app", "ArtifactFailed", /^Source is not ready, artifact not found, retrying in 30s$/);
  await lab.ready("app", await lab.push({ "b.yaml": configMapFile("b") }));
});

test("bytes that are not those of the digest are refused", async () => {
  await using lab = await kustomizationLab({ run });
  await lab.push({ "a.yaml": configMapFile("a") });
  await lab.advertise("repo", { ...lab.artifact, digest: `sha256:${"0".repeat(64)}` });
  await lab.add("app");
  await lab.untilReason("app", "ArtifactFailed", /its digest is sha256:.*, not sha256:000/);
  expect(await lab.find(configMapRef("a"))).toBeUndefined();
});

test("an artifact server that is down fails new revisions only, and what is there stays", async () => {
  await using lab = await kustomizationLab({ run });
  const first = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app", { retryInterval: "50ms" });
  await lab.ready("app", first);
  await lab.serve(false);
  const second = await lab.push({ "b.yaml": configMapFile("b") });
  await lab.untilReason("app", "ArtifactFailed", /no connection/);
  expect(await lab.find(configMapRef("a"))).toBeDefined();
  await lab.serve(true);
  await lab.ready("app", second);
});

test("an artifact URL with a forged host is not asked when hosts are limited", async () => {
  await using lab = await kustomizationLab({ run, flags: ["--artifact-allowed-hosts=source-controller.flux-system"] });
  await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app");
  await lab.untilReason("app", "ArtifactFailed", /"127\.0\.0\.1:[0-9]+" is not an artifact host/);
});

test("hints that are forged, stale or doubled change nothing", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app");
  await lab.ready("app", revision);
  lab.sent();
  const about = { kind: "GitRepository", namespace: "default", name: "repo" };
  const forged = {
    ...about,
    revision: "main@sha1:dead",
    digest: `sha256:${"1".repeat(64)}`,
    url: "http://evil.example/x",
    size: 1,
  };
  for (let count = 0; count < 3; count += 1) lab.bus.publishArtifact({ ...forged, size: count });
  lab.bus.publishArtifact({ ...forged, name: "unknown" });
  lab.bus.publishRequest({ ...about, kind: "Kustomization", name: "unknown", requestedAt: "now" });
  const app = await lab.reconcile("app");
  expect(app.status?.lastAttemptedRevision).toBe(revision);
  expect(lab.sent()).toEqual(["patch Kustomization/app/status"]);
  await until(() => lab.bus.stats.delivered >= 3);
});

test("what a failed apply created is in the inventory, and pruned by a later revision without it", async () => {
  await using lab = await kustomizationLab({ run });
  const first = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app", { retryInterval: "50ms" });
  await lab.ready("app", first);
  lab.fault = ({ verb, target, dryRun }) =>
    verb === "apply" && target.name === "c" && !dryRun ? { fail: new Error("no") } : undefined;
  const files = { "a.yaml": configMapFile("a"), "b.yaml": configMapFile("b"), "c.yaml": configMapFile("c") };
  await lab.push(files);
  const failed = await lab.untilReason("app", "ReconciliationFailed", /ConfigMap\/default\/c/);
  expect(failed.status?.inventory?.entries.map(({ id }) => id)).toContain("default_b__ConfigMap");
  expect(await lab.find(configMapRef("b"))).toBeDefined();
  lab.fault = () => undefined;
  const app = await lab.ready("app", await lab.push({ "a.yaml": configMapFile("a") }));
  expect(app.status?.inventory?.entries.map(({ id }) => id)).toEqual(["default_a__ConfigMap"]);
  expect(await lab.find(configMapRef("b"))).toBeUndefined();
});

test("an API server that is away for a while costs a few quick tries, and not the retry interval", async () => {
  await using lab = await kustomizationLab({ run });
  const facts = { status: 503, reason: "ServiceUnavailable", message: "away", causes: [] };
  let left = 3;
  lab.fault = ({ verb }) => {
    if (verb !== "apply" || left === 0) return undefined;
    left -= 1;
    return { fail: new KubeError("UNAVAILABLE", "away", facts) };
  };
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  await lab.add("app");
  await lab.ready("app", revision);
  expect(left).toBe(0);
});

test("a manifest with keys that JavaScript knows comes through as data", async () => {
  await using lab = await kustomizationLab({ run });
  const text = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a","namespace":"default"},"data":{"__proto__":"x","constructor":"y"}}`;
  await lab.push({ "a.yaml": text });
  await lab.add("app");
  await lab.ready("app");
  const object = (await lab.find(configMapRef("a"))) as KubeObject;
  expect(Object.entries(object["data"] as object)).toEqual(
    expect.arrayContaining([
      ["__proto__", "x"],
      ["constructor", "y"],
    ]),
  );
  expect(({} as { x?: string }).x).toBeUndefined();
});

const widgetDefinition: KubeObject = {
  apiVersion: "apiextensions.k8s.io/v1",
  kind: "CustomResourceDefinition",
  metadata: { name: "widgets.example.com" },
  spec: {
    group: "example.com",
    scope: "Namespaced",
    names: { kind: "Widget", plural: "widgets", singular: "widget", listKind: "WidgetList" },
    versions: [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: { type: "object" } } }],
  },
};
