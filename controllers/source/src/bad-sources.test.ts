import { randomBytes } from "node:crypto";
import { type JsonObject } from "@sluice/base";
import { conditionOf, type SourceLab, sourceLab, type SourceLabOptions, startGitServer } from "@sluice/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runSource } from "./app.ts";
import { parseConfig } from "./config.ts";

const lab = (options: Omit<SourceLabOptions, "run"> = {}) =>
  sourceLab({ ...options, run: (flags, deps, signal) => runSource(parseConfig(flags, {}), deps, signal) });

async function labWith(options: Omit<SourceLabOptions, "run">, spec: JsonObject = {}) {
  const cx = await lab(options);
  const remote = await cx.git.create("app");
  await remote.commit({ files: { "app.yaml": "a: 1" } });
  await cx.add("app", { url: cx.git.url("app"), ref: { branch: "main" }, ...spec });
  return Object.assign(cx, { remote });
}

describe("objects that were stored before there was a schema", () => {
  let cx: SourceLab;
  let count = 0;

  beforeAll(async () => {
    cx = await lab({ withoutSchema: true });
    await cx.git.create("app");
  });
  afterAll(() => cx[Symbol.asyncDispose]());

  const stalls = async (spec: JsonObject, reason: string, message: RegExp) => {
    const name = `bad-${++count}`;
    await cx.add(name, spec);
    const stalled = await cx.until(name, (repo) => conditionOf(repo, "Stalled")?.status === "True");
    for (const type of ["Stalled", "Ready"]) expect(conditionOf(stalled, type)).toMatchObject({ reason });
    expect(conditionOf(stalled, "Ready")).toMatchObject({
      status: "False",
      message: expect.stringMatching(message) as unknown,
    });
    expect(conditionOf(stalled, "Reconciling")).toBeUndefined();
    expect(cx.git.requests).toEqual([]);
  };

  test.each<[unknown, string]>([
    ["ext::sh -c id", "URLInvalid"],
    ["file:///etc", "URLInvalid"],
    ["git://h/r", "URLInvalid"],
    ["-oProxyCommand=x", "URLInvalid"],
    ["https://", "URLInvalid"],
    ["https://h/a b", "URLInvalid"],
    ["https://h/%0ahost=x", "URLInvalid"],
    [`https://h/${"x".repeat(5000)}`, "URLInvalid"],
    [5, "URLInvalid"],
    [null, "URLInvalid"],
    ["ssh://-oProxyCommand=x/y", "NotSupported"],
  ])("the URL %j stalls with %s", async (url, reason) => {
    await stalls({ url } as JsonObject, reason, /^Cannot /);
  });

  test.each<[string, unknown]>([
    ["branch", "--upload-pack=touch x"],
    ["tag", "-c core.sshCommand=x"],
    ["name", "refs/heads/../../x"],
    ["branch", "a@{1}"],
    ["tag", "a\nb"],
    ["tag", "a\u0000b"],
    ["branch", "b".repeat(4096)],
    ["branch", { a: 1 }],
    ["commit", "abc"],
    ["commit", "HEAD"],
    ["tag", 5],
  ])("the %s %j stalls with GitOperationFailed", async (field, value) => {
    const ref = { [field]: value } as JsonObject;
    await stalls({ url: cx.git.url("app"), ref }, "GitOperationFailed", /^Cannot /);
  });

  test.each<[string, unknown]>([
    ["interval", "0s"],
    ["interval", "-5m"],
    ["interval", "1d"],
    ["interval", 5],
    ["interval", "5"],
    ["interval", "99999999999h"],
    ["interval", null],
    ["timeout", "0s"],
    ["timeout", "1e9h"],
    ["timeout", [1]],
  ])("the %s %j stalls, and is named", async (field, value) => {
    const message = new RegExp(`^Cannot use spec.${field} .*: not a positive duration$`);
    await stalls({ url: cx.git.url("app"), [field]: value } as JsonObject, "Failed", message);
  });

  test.each<[string, JsonObject, string]>([
    ["a ref that is a list", { ref: ["main"] }, "GitOperationFailed"],
    ["an ignore that is a number", { ignore: 5 }, "Failed"],
  ])("%s stalls", async (_, spec, reason) => {
    await stalls({ url: cx.git.url("app"), ...spec }, reason, /^Cannot use spec\./);
  });

  test("an object without a spec stalls", async () => {
    await cx.client.create({
      apiVersion: "source.toolkit.fluxcd.io/v1",
      kind: "GitRepository",
      metadata: { name: "no-spec", namespace: "default" },
    });
    await cx.until("no-spec", (repo) => conditionOf(repo, "Stalled")?.reason === "URLInvalid");
  });

  test("their neighbours are reconciled meanwhile, and a corrected object is at once", async () => {
    const remote = await cx.git.create("good");
    await remote.commit({ files: { a: "1" } });
    await cx.add("good", { url: cx.git.url("good"), ref: { branch: "main" } });
    await cx.ready("good");
    await cx.change("bad-1", { spec: { url: cx.git.url("good"), ref: { branch: "main" } } });
    const healed = await cx.ready("bad-1");
    expect(healed.status?.conditions?.map(({ type }) => type)).toEqual(["Ready", "ArtifactInStorage"]);
  });
});

test("the schema refuses a URL and an interval of the wrong form", async () => {
  await using cx = await lab({ stopped: true });
  await expect(cx.add("app", { url: "file:///etc" })).rejects.toMatchObject({ code: "INVALID" });
  await expect(cx.add("app", { url: "https://h/r", interval: "1d" })).rejects.toMatchObject({ code: "INVALID" });
});

test("an empty repository is said to be empty, and taken up with its first commit", async () => {
  await using cx = await lab();
  const remote = await cx.git.create("app");
  await cx.add("app", { url: cx.git.url("app"), ref: { branch: "main" } });
  const failed = await cx.untilReason("app", "EmptyGitRepository");
  expect(conditionOf(failed, "FetchFailed")).toMatchObject({ status: "True", reason: "EmptyGitRepository" });
  expect(conditionOf(failed, "Reconciling")).toMatchObject({ status: "True", reason: "ProgressingWithRetry" });
  await remote.commit({ files: { a: "1" } });
  await cx.ready("app");
});

test("a branch that is not there is named beside those that are", async () => {
  await using cx = await labWith({}, { ref: { branch: "mian" } });
  const failed = await cx.untilReason("app", "GitOperationFailed");
  expect(conditionOf(failed, "Ready")?.message).toBe(
    `Cannot read repository "${cx.git.url("app")}": branch "mian" not found; it has main`,
  );
});

test("a version range of the wrong form stalls", async () => {
  await using cx = await labWith({}, { ref: { semver: "not a range" } });
  const stalled = await cx.until("app", (repo) => conditionOf(repo, "Stalled")?.reason === "GitOperationFailed");
  expect(conditionOf(stalled, "FetchFailed")?.message).toMatch(/not a range/);
});

test("a version range without a matching tag says so", async () => {
  await using cx = await labWith({}, { ref: { semver: ">=9" } });
  const failed = await cx.untilReason("app", "GitOperationFailed");
  expect(conditionOf(failed, "Ready")?.message).toMatch(/no tag satisfies ">=9"$/);
});

test("a repository that is not there says so", async () => {
  await using cx = await labWith({}, {});
  await cx.add("other", { url: cx.git.url("other") });
  const failed = await cx.untilReason("other", "GitOperationFailed");
  expect(conditionOf(failed, "FetchFailed")?.message).toMatch(/repository not found$/);
});

test.each([
  ["closes the connection", { kind: "refuse" }, "GitOperationFailed"],
  ["answers 503", { kind: "status", status: 503 }, "GitOperationFailed"],
  ["answers with a web page", { kind: "body", body: "<html>\n</html>\n" }, "GitOperationFailed"],
] as const)("while a server %s, the last artifact is served, and the recovery is told", async (_, fault, reason) => {
  await using cx = await labWith({});
  const { artifact } = (await cx.ready("app")).status ?? {};
  cx.git.fault(fault);
  const failed = await cx.reconcile("app");
  expect(conditionOf(failed, "FetchFailed")).toMatchObject({ status: "True", reason });
  expect(conditionOf(failed, "ArtifactInStorage")?.status).toBe("True");
  expect(failed.status?.artifact).toEqual(artifact);
  expect(await cx.files(failed)).toEqual({ "app.yaml": "a: 1" });
  cx.git.fault(undefined);
  await cx.ready("app");
  expect(await cx.event("app", "Succeeded")).toMatchObject({
    type: "Normal",
    message: `stored artifact for revision '${artifact?.revision}'`,
  });
});

test("a server that never answers costs one timeout", async () => {
  await using cx = await labWith({}, { timeout: "200ms" });
  cx.git.fault({ kind: "hang" });
  const failed = await cx.until(
    "app",
    (repo) => conditionOf(repo, "FetchFailed")?.message.endsWith("no answer within 200 ms") === true,
  );
  expect(conditionOf(failed, "Ready")).toMatchObject({ status: "False", reason: "GitOperationFailed" });
  cx.git.fault(undefined);
  await cx.ready("app");
});

test("a server that stops in the middle of a pack costs one timeout", async () => {
  await using cx = await labWith({}, { timeout: "500ms" });
  await cx.ready("app");
  await cx.remote.commit({ files: { big: randomBytes(100_000).toString("hex") } });
  cx.git.fault({ kind: "stall", afterBytes: 2000 }, "pack");
  const failed = await cx.reconcile("app");
  expect(conditionOf(failed, "FetchFailed")?.message).toMatch(/no answer within 500 ms$/);
  cx.git.fault(undefined);
  await cx.ready("app");
});

test("a pack over the limit is refused by name, and the last artifact stays", async () => {
  await using cx = await labWith({ flags: ["--git-pack-max-size=65536"] });
  const { artifact } = (await cx.ready("app")).status ?? {};
  await cx.remote.commit({ files: { big: randomBytes(200_000) } });
  const failed = await cx.reconcile("app");
  expect(conditionOf(failed, "FetchFailed")?.message).toMatch(/its pack exceeds limit 65536 bytes$/);
  expect(failed.status?.artifact).toEqual(artifact);
});

describe("what Sluice does not support yet", () => {
  let cx: SourceLab;
  beforeAll(async () => {
    cx = await lab();
    const remote = await cx.git.create("app");
    await remote.commit({ files: { "app.yaml": "a: 1" } });
  });
  afterAll(() => cx[Symbol.asyncDispose]());

  test.each<[string, JsonObject]>([
    ["spec.verify", { verify: { mode: "HEAD", secretRef: { name: "keys" } } }],
    ["spec.include", { include: [{ repository: { name: "other" } }] }],
    ["spec.recurseSubmodules", { recurseSubmodules: true }],
    ["spec.sparseCheckout", { sparseCheckout: ["apps"] }],
    ["spec.proxySecretRef", { proxySecretRef: { name: "proxy" } }],
    ["spec.provider", { provider: "azure" }],
    ["the scheme ssh", { url: "ssh://git@git.example.invalid/app" }],
  ])("%s is said on the object, and the last artifact is served", async (what, spec) => {
    const name = what.toLowerCase().replace(/[^a-z]/g, "-");
    await cx.add(name, { url: cx.git.url("app"), ref: { branch: "main" } });
    const { artifact } = (await cx.ready(name)).status ?? {};
    await cx.change(name, { spec });
    const stalled = await cx.untilReason(name, "NotSupported");
    expect(conditionOf(stalled, "Stalled")?.message).toContain(what);
    expect(stalled.status?.artifact).toEqual(artifact);
    expect(await cx.files(stalled)).toEqual({ "app.yaml": "a: 1" });
    expect(await cx.event(name, "NotSupported")).toMatchObject({ type: "Warning" });
  });
});

test("empty lists and provider generic ask for nothing special", async () => {
  await using cx = await labWith(
    {},
    { include: [], sparseCheckout: [], recurseSubmodules: false, provider: "generic" },
  );
  await cx.ready("app");
});

test("repositories that hang do not hold up the others, although there are more of them than workers", async () => {
  await using hanging = await startGitServer();
  hanging.fault({ kind: "hang" });
  await using cx = await lab({ flags: ["--concurrent=2"] });
  const names = ["one", "two", "three"];
  for (const name of names) await cx.add(name, { url: hanging.url(name) });
  const remote = await cx.git.create("app");
  await remote.commit({ files: { a: "1" } });
  for (const name of names) await cx.until(name, (repo) => repo?.metadata.finalizers !== undefined);
  await cx.add("app", { url: cx.git.url("app"), ref: { branch: "main" } });
  await cx.ready("app");
  for (const name of names) await cx.until(name, (repo) => conditionOf(repo, "Ready")?.reason === "Progressing");
});
