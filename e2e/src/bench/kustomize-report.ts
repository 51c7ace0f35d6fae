import { type KustomizeReport, type OverlayResult } from "./kustomize.ts";

/** The report as Markdown. */
export function kustomizeText({ nodeStartMs, overlays, monorepo }: KustomizeReport, machine: string): string {
  const { theirsMs, coldMs, warmMs, changes } = monorepo;
  return [
    `### kustomize build (${machine})`,
    "",
    "| one overlay of | sluice build | kustomize 5.8.1 | ratio | peak memory | in a warm process | output |",
    "|---|---|---|---|---|---|---|",
    ...overlays.map(overlayRow),
    "",
    `Both are whole commands, from process start to process end; an empty Node program takes ${ms(nodeStartMs)}.`,
    "",
    `| ${monorepo.overlays} overlays of five resources | time |`,
    "|---|---|",
    `| one overlay, kustomize 5.8.1 (a process each) | ${ms(theirsMs)} |`,
    `| one overlay, library, first build | ${ms(coldMs)} (${(theirsMs / coldMs).toFixed(0)}x) |`,
    `| one overlay, library, cached bases | ${ms(warmMs)} (${(theirsMs / warmMs).toFixed(0)}x) |`,
    ...changes.map(
      ({ what, ms: time, rebuilt }) =>
        `| change of ${what}: ${rebuilt} rebuilt of ${monorepo.overlays} | ${ms(time)} |`,
    ),
    "",
    `Overlays whose bytes differ from the Go tool's: ${monorepo.differing}.`,
    "",
  ].join("\n");
}

function overlayRow({ resources, ours, theirs, warmMs, isSame }: OverlayResult): string {
  const ratio = theirs === undefined ? "" : `${(theirs.ms / ours.ms).toFixed(1)}x`;
  const memory = [ours, theirs].flatMap((run) => (run?.peakBytes === undefined ? [] : [mebibytes(run.peakBytes)]));
  const same = isSame === undefined ? "not compared" : isSame ? "same bytes" : "differs";
  const count = resources.toLocaleString("en");
  return `| ${count} resources | ${ms(ours.ms)} | ${theirs ? ms(theirs.ms) : ""} | ${ratio} | ${memory.join(" / ")} | ${ms(warmMs)} | ${same} |`;
}

function mebibytes(bytes: number): string {
  return `${Math.round(bytes / 2 ** 20)} MiB`;
}

function ms(value: number): string {
  if (value >= 1000) return `${(value / 1000).toFixed(2)} s`;
  return value >= 10 ? `${Math.round(value)} ms` : `${value.toFixed(2)} ms`;
}
