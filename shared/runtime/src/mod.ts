/**
 * How every controller runs: queue, wake-ups, the frame that takes one object through one run, the recorder of events, metrics, probes,
 * leader election and an orderly end. Imports base, api, kube, expr and bus.
 *
 * Reconcilers return `Done` or throw `Waiting`, `Stalled` or `Failed`; the frame settles conditions and writes status. The room itself
 * fails with a RuntimeError, or passes on what the client throws.
 */
export * from "./app.ts";
export * from "./config.ts";
export * from "./controller.ts";
export * from "./endings.ts";
export * from "./errors.ts";
export { runFrame } from "./frame.ts";
export { isNewer } from "./local-copy.ts";
export * from "./main.ts";
export { mergePatchBetween } from "./merge-patch.ts";
export * from "./metrics.ts";
export * from "./notice.ts";
export { type Outcome } from "./outcome.ts";
export * from "./probes.ts";
export * from "./queue.ts";
export * from "./reconciler.ts";
export * from "./recorder.ts";
export { type FrameOptions } from "./session.ts";
export { settle, type Standing } from "./settle.ts";
