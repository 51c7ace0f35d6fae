import { conditionOf, loopbackCertificate, type SourceLab, sourceLab, type SourceLabOptions } from "@sluice/testkit";
import { expect, test } from "vitest";
import { runSource } from "./app.ts";
import { parseConfig } from "./config.ts";

const lab = (options: Omit<SourceLabOptions, "run"> = {}) =>
  sourceLab({ ...options, run: (flags, deps, signal) => runSource(parseConfig(flags, {}), deps, signal) });

const canary = "s3cr3t-c4n4ry+/=%";

/** A lab with a repository `app`, and an object of the same name that uses the Secret `access`. */
async function guardedLab(options: Omit<SourceLabOptions, "run"> = {}) {
  const cx = await lab(options);
  const remote = await cx.git.create("app");
  await remote.commit({ files: { a: "1" } });
  await cx.add("app", { url: cx.git.url("app"), ref: { branch: "main" }, secretRef: { name: "access" } });
  return cx;
}

/** Everything that the controller has told anybody about the object. */
async function everythingSaid(cx: SourceLab): Promise<string> {
  const kinds = [
    { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository" },
    { apiVersion: "v1", kind: "Event" },
  ];
  const lists = await Promise.all(kinds.map((kind) => cx.client.list(kind)));
  return JSON.stringify([lists, cx.logs, cx.notices]);
}

test("a user name and a password are sent", async () => {
  await using cx = await guardedLab({ git: { auth: { username: "git", password: canary } } });
  await cx.createSecret("access", { username: "git", password: canary });
  await cx.ready("app");
});

test("a user name alone is a token without a password", async () => {
  await using cx = await guardedLab({ git: { auth: { username: canary, password: "" } } });
  await cx.createSecret("access", { username: canary });
  await cx.ready("app");
});

test("a bearer token is sent, and goes before a password", async () => {
  await using cx = await guardedLab({ git: { auth: { token: canary } } });
  await cx.createSecret("access", { bearerToken: canary, username: "git", password: "other" });
  await cx.ready("app");
});

test.each(["ca.crt", "caFile"])("a server with a certificate of a private authority is trusted by %s", async (key) => {
  await using cx = await guardedLab({ git: { tls: loopbackCertificate } });
  await cx.createSecret("access", { [key]: loopbackCertificate.cert });
  await cx.ready("app");
});

test("a server with an unknown certificate is not trusted", async () => {
  await using cx = await lab({ git: { tls: loopbackCertificate } });
  await cx.git.create("app");
  await cx.add("app", { url: cx.git.url("app") });
  const failed = await cx.untilReason("app", "GitOperationFailed");
  expect(conditionOf(failed, "FetchFailed")?.message).toMatch(/certificate/i);
});

test("refused credentials are told without a trace of them, and a rotated Secret is used at the next try", async () => {
  await using cx = await guardedLab({ git: { auth: { username: "git", password: "right" } } });
  await cx.createSecret("access", { username: "git", password: canary });
  const failed = await cx.untilReason("app", "AuthenticationFailed");
  expect(conditionOf(failed, "FetchFailed")).toEqual({
    status: "True",
    reason: "AuthenticationFailed",
    message: `Cannot read repository "${cx.git.url("app")}": the credentials are refused`,
  });
  expect(await cx.event("app", "AuthenticationFailed")).toMatchObject({ type: "Warning" });
  await cx.change("access", { stringData: { password: "right" } }, { apiVersion: "v1", kind: "Secret" });
  const ready = await cx.ready("app");
  expect(conditionOf(ready, "FetchFailed")).toBeUndefined();
  const said = await everythingSaid(cx);
  for (const form of [canary, encodeURIComponent(canary), Buffer.from(canary).toString("base64")])
    expect(said).not.toContain(form);
});

test("a repository that wants credentials says so if there are none", async () => {
  await using cx = await lab({ git: { auth: { token: "t" } } });
  await cx.add("app", { url: cx.git.url("app") });
  const failed = await cx.untilReason("app", "AuthenticationFailed");
  expect(conditionOf(failed, "Ready")?.message).toMatch(/authentication required/);
});

test("a missing Secret is named, and used once it is there", async () => {
  await using cx = await guardedLab();
  const failed = await cx.untilReason("app", "AuthenticationFailed");
  expect(conditionOf(failed, "FetchFailed")?.message).toMatch(/^Cannot read Secret "default\/access": /);
  await cx.createSecret("access", { username: "u", password: "p" });
  await cx.ready("app");
});

test.each([
  ["no key that is of use", { other: "x" }, "AuthenticationFailed", /none of the keys "username" and "password"/],
  ["a password without a user name", { password: "p" }, "AuthenticationFailed", /no key "username"/],
  ["a client certificate", { "tls.crt": "c", "tls.key": "k" }, "NotSupported", /client certificates/],
  ["a line break in the token", { bearerToken: "a\nb" }, "AuthenticationFailed", /malformed credentials/],
])("a Secret with %s is refused by name, and nothing is sent", async (_, values, reason, message) => {
  await using cx = await guardedLab();
  await cx.createSecret("access", values as Record<string, string>);
  const failed = await cx.until("app", (repo) => message.test(conditionOf(repo, "FetchFailed")?.message ?? ""));
  expect(conditionOf(failed, "Ready")).toMatchObject({ status: "False", reason });
  expect(cx.git.requests).toEqual([]);
});

test("credentials are never sent over plain HTTP to another machine", async () => {
  await using cx = await lab();
  await cx.createSecret("access", { username: "u", password: canary });
  await cx.add("app", { url: "http://git.example.invalid/app", secretRef: { name: "access" } });
  const stalled = await cx.untilReason("app", "AuthenticationFailed");
  expect(conditionOf(stalled, "Stalled")).toMatchObject({
    status: "True",
    message: expect.stringMatching(/plain HTTP/) as unknown,
  });
  expect(conditionOf(stalled, "FetchFailed")).toMatchObject({ status: "True", reason: "AuthenticationFailed" });
});

test("a URL that is served from elsewhere needs no Secret", async () => {
  await using cx = await sourceLab({
    run: (flags, deps, signal) =>
      runSource(
        parseConfig(flags, {}),
        { ...deps, redirect: (url) => (url === elsewhere ? local : undefined) },
        signal,
      ),
  });
  const elsewhere = "ssh://git@git.example.invalid/app";
  const local = cx.git.url("app");
  const remote = await cx.git.create("app");
  await remote.commit({ files: { a: "1" } });
  await cx.add("app", { url: elsewhere, ref: { branch: "main" }, secretRef: { name: "nowhere" } });
  await cx.ready("app");
});
