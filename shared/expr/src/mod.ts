/**
 * What users write inside their objects, with Go's semantics: semantic version ranges (Masterminds), regular
 * expressions (RE2) and CEL expressions as Kubernetes and Flux evaluate them.
 *
 * Imports `@sluice/base` and re2js. Everything here is pure and synchronous, takes bounded time
 * on hostile input, and fails with an `ExprError`.
 */
export { type CelEnvironment, type CelKind, type CelProgram, compileCel } from "./cel.ts";
export { ExprError, type ExprErrors } from "./errors.ts";
export { compileRegex, type Regex, type RegexMatch, type RegexOptions } from "./regex.ts";
export { compareVersions, parseVersion, type Version } from "./semver.ts";
export { parseRange, type VersionRange } from "./semver-range.ts";
