import { expect, test } from "vitest";
import { failureOf, scrub } from "./classify.ts";
import { checkRemote, redactUrl } from "./remote.ts";

test.each([
  ["ext::sh -c id", "URL_INVALID"],
  ["EXT::sh", "URL_INVALID"],
  ["-oProxyCommand=x", "URL_INVALID"],
  ["git@github.com:org/repo.git", "URL_INVALID"],
  ["https:///evil", "SCHEME_OR_HOST"],
  ["https://-x/y", "URL_INVALID"],
  ["https://h/%0ahost=evil", "URL_INVALID"],
  ["https://h/a b", "URL_INVALID"],
  ["https://h/a\nb", "URL_INVALID"],
  ["https://h\\@evil/x", "URL_INVALID"],
  ["https://h/x#y", "URL_INVALID"],
  [`https://h/${"x".repeat(3000)}`, "URL_INVALID"],
  ["", "URL_INVALID"],
  ["file:///etc", "URL_INVALID"],
  ["file://host/etc", "SCHEME_UNSUPPORTED"],
  ["git://h/r", "SCHEME_UNSUPPORTED"],
  ["ext://h/r", "SCHEME_UNSUPPORTED"],
  ["ssh://git@h/r", "SCHEME_UNSUPPORTED"],
  ["ssh://-oProxyCommand=x/y", "URL_INVALID"],
])("checkRemote() refuses %j with %s", (url, code) => {
  if (code === "SCHEME_OR_HOST") {
    expect(new URL(checkRemote({ url }).url).hostname).toBe("evil"); // as the URL standard reads it, and as it is passed on
    return;
  }
  expect(() => checkRemote({ url })).toThrow(expect.objectContaining({ code }));
});

test("checkRemote() takes credentials out of the URL", () => {
  expect(checkRemote({ url: "https://me:p%40ss@h.example/r.git" })).toEqual({
    url: "https://h.example/r.git",
    auth: { kind: "basic", username: "me", password: "p@ss" },
  });
});

test.each(["a\nb", "a\r\nX-Evil: 1", "a\0"])(
  "checkRemote() refuses the token %j, which would break out of its header",
  (token) => {
    const remote = { url: "https://h/r", auth: { kind: "bearer", token } } as const;
    expect(() => checkRemote(remote)).toThrow(expect.objectContaining({ code: "AUTH_FAILED" }));
  },
);

test("redactUrl() shows neither credentials nor query", () => {
  expect(redactUrl("https://me:secret@h/r?token=secret")).toBe("https://h/r");
});

test("scrub() removes every form of the secret", () => {
  const auth = { kind: "basic", username: "me", password: "p@ss/word" } as const;
  const header = Buffer.from("me:p@ss/word").toString("base64");
  const raw = Buffer.from("p@ss/word").toString("base64");
  const text = scrub(`x p@ss/word p%40ss%2Fword ${header} ${raw} https://me:other@h/r`, { auth });
  expect(text).toBe("x *** *** *** *** https://h/r");
});

test.each([
  ["fatal: could not read Username for 'https://h': terminal prompts disabled", "AUTH_FAILED"],
  ["fatal: unable to access 'https://h/': The requested URL returned error: 403", "AUTH_FAILED"],
  ["remote: Repository not found.\nfatal: repository 'https://h/r/' not found", "NOT_FOUND"],
  ["fatal: unable to access 'https://h/': Could not resolve host: h", "UNREACHABLE"],
  [
    "error: RPC failed; curl 18 transfer closed\nfatal: early EOF\nfatal: fetch-pack: invalid index-pack output",
    "UNREACHABLE",
  ],
  [
    "fatal: pack has bad object at offset 12: inflate returned -3\nfatal: fetch-pack: invalid index-pack output",
    "PROTOCOL",
  ],
  ["fatal: remote error: upload-pack: not our ref 1234", "REF_NOT_FOUND"],
  ["fatal: write error: No space left on device", "STORAGE_FAILED"],
  ["error: object file ./objects/ab/cd is empty", "CORRUPT"],
  ["fatal: something new", "FAILED"],
])("failureOf(%j) is %s", (stderr, code) => {
  expect(failureOf(stderr, { remote: { url: "https://h/r" } }).code).toBe(code);
});

test("failureOf() keeps its message short and on one line", () => {
  const failure = failureOf(`fatal: ${"x".repeat(5000)}\u001b[31m\nremote: y`, { remote: { url: "https://h/r" } });
  expect(failure.message.length).toBeLessThan(400);
  expect(failure.message).not.toMatch(/[\u0000-\u001f]/);
});
