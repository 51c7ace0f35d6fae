import { ApplyError } from "@sluice/apply";
import { ArtifactError } from "@sluice/artifact";
import { KubeError } from "@sluice/kube";
import { RenderError } from "@sluice/render";
import { Failed, Stalled, Waiting } from "@sluice/runtime";
import { expect, test } from "vitest";
import { endingOf, isInterruption, progressOf } from "./failure.ts";

const view = {
  timing: { intervalMs: 60_000, retryMs: 7000, timeoutMs: 30_000 },
  timedOut: false,
  sourceTopic: "GitRepository/default/repo",
  requeueMs: 30_000,
};
const progress = { inventory: [], changes: [] };

function unreachable(cause: unknown): ApplyError<"UNREACHABLE"> {
  return new ApplyError("UNREACHABLE", "Apply stopped", { progress }, { cause });
}

function kubeError(code: "TOO_MANY_REQUESTS" | "UNAVAILABLE", retryAfterMs?: number): KubeError {
  const facts = { status: 429, reason: "x", message: "y", causes: [] };
  return new KubeError(code, "busy", retryAfterMs === undefined ? facts : { ...facts, retryAfterMs });
}

test.each([
  [
    "what the server refused",
    new ApplyError("REFUSED", "no", { failures: [], progress }),
    "ReconciliationFailed",
    7000,
  ],
  ["a build that fails", new RenderError("BUILD_FAILED", "no", {}), "BuildFailed", 7000],
  ["a path that is missing", new RenderError("PATH_NOT_FOUND", "no", { path: "x" }), "ArtifactFailed", 7000],
  ["wrong bytes", new ArtifactError("DIGEST_MISMATCH", "no", { want: "a", got: "b" }), "ArtifactFailed", 7000],
  ["a bug", new TypeError("no"), "ReconciliationFailed", 7000],
  ["an API server that is away", unreachable(kubeError("UNAVAILABLE")), "ReconciliationFailed", undefined],
  ["an API server that says when", unreachable(kubeError("TOO_MANY_REQUESTS", 1500)), "ReconciliationFailed", 1500],
])("endingOf() makes %s a failure %s, tried again after %s ms (undefined: backoff)", (_, thrown, reason, afterMs) => {
  const ending = endingOf(thrown, view);
  expect(ending).toBeInstanceOf(Failed);
  expect(ending).toMatchObject({ reason, afterMs });
});

test("endingOf() stalls on what only the spec can cure", () => {
  expect(endingOf(new RenderError("INVALID_PATH", "no", { path: ".." }), view)).toBeInstanceOf(Stalled);
});

test("endingOf() waits quietly for an artifact that is not there yet, and is woken by its source", () => {
  const ending = endingOf(new ArtifactError("NOT_FOUND", "no", { url: "http://x" }), view);
  expect(ending).toBeInstanceOf(Waiting);
  expect(ending).toMatchObject({
    message: "Source is not ready, artifact not found, retrying in 30s",
    until: ["GitRepository/default/repo"],
    afterMs: 30_000,
  });
});

test("endingOf() says that the timeout ran out, and leaves endings as they are", () => {
  const late = endingOf(new ApplyError("INTERRUPTED", "Apply interrupted", { progress }), { ...view, timedOut: true });
  expect(late).toMatchObject({ message: "timed out after 30s: Apply interrupted", afterMs: 7000 });
  const ending = new Failed("PruneFailed", "no");
  expect(endingOf(ending, view)).toBe(ending);
});

test("progressOf() finds what an apply had done, and isInterruption() why it ended", () => {
  const cut = new ApplyError("INTERRUPTED", "x", { progress });
  expect(progressOf(cut)).toBe(progress);
  expect(progressOf(new ApplyError("MALFORMED_ID", "x", { id: "x" }))).toBeUndefined();
  expect(progressOf(new Error("x"))).toBeUndefined();
  expect(isInterruption(cut)).toBe(true);
  expect(isInterruption(new Error("x"))).toBe(false);
});
