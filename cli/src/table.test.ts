import { expect, test } from "vitest";
import { type Row } from "./board.ts";
import { liveLines, rowLine, tableLines } from "./table.ts";

const row = (name: string, state: Row["state"], message = "message"): Row => ({
  kind: "Kustomization",
  namespace: "flux-system",
  name,
  state,
  message,
});
const broken = row(
  "b",
  "failed",
  'Cannot build "apps": Cannot parse YAML at line 7, column 11: missed comma (apps/frontend/deployment.yaml:7)',
);

test("liveLines() puts failures first, with the whole message however narrow the terminal is", () => {
  const lines = liveLines([row("a", "ready"), broken], { columns: 50, lines: 20 });
  expect(lines[1]).toContain("flux-system/b");
  expect(
    lines
      .slice(2, -1)
      .map((line) => line.trim())
      .join(" "),
  ).toBe(broken.message);
  expect(lines.at(-1)).toContain("flux-system/a");
  expect(lines.every((line) => line.length <= 50)).toBe(true);
});

test("liveLines() never takes more lines than there are, and counts what it leaves out", () => {
  const rows = [...Array.from({ length: 40 }, (_, index) => row(`team-${index}`, "ready")), broken];
  const lines = liveLines(rows, { columns: 200, lines: 15 });
  expect(lines.length).toBeLessThanOrEqual(15);
  expect(lines[1]).toContain("flux-system/b");
  expect(lines.at(-1)).toBe("… and 28 ready");
});

test("liveLines() shows what fits when the first message alone is longer than the terminal", () => {
  const lines = liveLines([row("b", "failed", "word ".repeat(500).trim()), row("a", "ready")], {
    columns: 40,
    lines: 6,
  });
  expect(lines.length).toBe(6);
});

test("tableLines() keeps every row in its order and every message whole, hashes short", () => {
  const message = `Applied revision: main@sha1:${"0123456789".repeat(4)}`;
  expect(tableLines([row("a", "ready", message), broken])).toEqual([
    "STATE     KIND           NAME           MESSAGE",
    "✔ ready   Kustomization  flux-system/a  Applied revision: main@sha1:01234567",
    `✗ failed  Kustomization  flux-system/b  ${broken.message}`,
  ]);
});

test("rowLine() is one line", () => {
  expect(rowLine(row("a", "failed", "one\n  two"))).toBe("✗ Kustomization/flux-system/a failed: one; two");
});
