/**
 * What every room stands on: errors, clock, durations, JSON, YAML, configuration, logging, digests, paths, scratch space,
 * work in steps.
 * Knows nothing of Kubernetes and imports no other room.
 */
export * from "./clock.ts";
export * from "./config.ts";
export * from "./digest.ts";
export * from "./duration.ts";
export * from "./errors.ts";
export * from "./http-listen.ts";
export * from "./json.ts";
export * from "./log.ts";
export * from "./safe-path.ts";
export * from "./scratch.ts";
export * from "./steps.ts";
export * from "./yaml.ts";
