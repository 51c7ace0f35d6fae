/**
 * source-controller: turns sources into artifacts. The door for those that run it inside their own process.
 *
 * Imports any shared room but api-server and testkit. `runSource` fails with `RuntimeError` or `ArtifactError` if it cannot start or loses
 * its leadership; what goes wrong with one object is told on that object.
 */
export { runSource, type SourceDeps } from "./app.ts";
export { parseConfig as parseSourceConfig, type SourceConfig } from "./config.ts";
