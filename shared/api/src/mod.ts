/**
 * The kinds that Sluice serves: each kind's type and OpenAPI schema from one source, and the words that all of them share
 * (metadata, conditions, references, annotations). Imports base only; nothing here does I/O.
 */
export * from "./conditions.ts";
export * from "./git-repository.ts";
export * from "./kustomization.ts";
export * from "./meta.ts";
export * from "./names.ts";
export * from "./schema.ts";
export * from "./violation.ts";
