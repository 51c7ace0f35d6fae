import fc from "fast-check";
import { expect, test } from "vitest";
import {
  artifactSubject,
  encodeToken,
  eventSubject,
  parseArtifactSubject,
  parseEventSubject,
  parseRequestSubject,
  requestSubject,
  severities,
} from "./subjects.ts";

const app = { kind: "GitRepository", namespace: "flux-system", name: "app" };

test("the subjects are as the design names them", () => {
  expect([artifactSubject(app), requestSubject(app), eventSubject("error", app)]).toEqual([
    "sluice.artifact.GitRepository.flux-system.app",
    "sluice.request.GitRepository.flux-system.app",
    "sluice.event.error.GitRepository.flux-system.app",
  ]);
});

test.each([
  ["a.b", "a%2Eb"],
  ["*", "%2A"],
  [">", "%3E"],
  ["a b\n", "a%20b%0A"],
  ["%2E", "%252E"],
  ["é", "%C3%A9"],
  ["", "%"],
  ["A-z_9", "A-z_9"],
])("encodeToken(%j) is %j", (text, token) => {
  expect(encodeToken(text)).toBe(token);
});

test("no name can add a token, a wildcard or white space to a subject", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (name) => {
      const tokens = artifactSubject({ ...app, name }).split(".");
      expect(tokens).toHaveLength(5);
      expect(tokens[4]).toMatch(/^[A-Za-z0-9_%-]+$/);
    }),
  );
});

test("parsing gives back what was formatted, for each kind of subject", () => {
  const part = fc.string({ minLength: 1, unit: "grapheme" });
  fc.assert(
    fc.property(
      fc.record({ kind: part, namespace: part, name: part }),
      fc.constantFrom(...severities),
      (about, severity) => {
        expect(parseArtifactSubject(artifactSubject(about))).toEqual(about);
        expect(parseRequestSubject(requestSubject(about))).toEqual(about);
        expect(parseEventSubject(eventSubject(severity, about))).toEqual({ severity, ...about });
      },
    ),
  );
});

test.each([
  "",
  "sluice.artifact",
  "sluice.artifact.GitRepository.default",
  "sluice.artifact.GitRepository.default.",
  "sluice.artifact.GitRepository.default.app.more",
  "sluice.artifact.GitRepository.default.*",
  "sluice.artifact.GitRepository.default.%61pp",
  "sluice.artifact.GitRepository.default.a%2eb",
  "sluice.artifact.GitRepository.default.%",
  "sluice.artifact.GitRepository.default.%FF",
  "sluice.request.GitRepository.default.app",
  "other.sluice.artifact.GitRepository.default.app",
])("parseArtifactSubject(%j) is undefined: artifactSubject() never makes it", (subject) => {
  expect(parseArtifactSubject(subject)).toBeUndefined();
});

test("parseEventSubject() refuses a severity that does not exist", () => {
  expect(parseEventSubject("sluice.event.fatal.GitRepository.default.app")).toBeUndefined();
});
