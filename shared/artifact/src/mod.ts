/**
 * Artifacts: deterministic tar archives, the ignore rules that decide what goes into one, the content-addressed store, its HTTP
 * server, and the fetcher that all consumers of a process share.
 *
 * Imports base only (and undici for requests). Fails with {@link ArtifactError}, whose codes are the keys of `ArtifactErrors`.
 */
export { type Artifact, type ArtifactRef, type ArtifactStore, openStore } from "./store.ts";
export { type DigestAlgorithm } from "./digest.ts";
export { ArtifactError, type ArtifactErrors, isArtifactError } from "./errors.ts";
export { type ArtifactFetcher, artifactFetcher, type FetchableArtifact, type FetcherOptions } from "./fetcher.ts";
export { loadIgnore } from "./load-ignore.ts";
export { compileIgnore, IGNORE_FILE, type Ignored } from "./ignore.ts";
export { type ArtifactOwner, artifactPath } from "./layout.ts";
export { planRetention, type RetentionPolicy, type StoredFile } from "./retention.ts";
export { type ArtifactServer, serveArtifacts } from "./server.ts";
export { readTar, type TarContents, type TarFile, type TarLimits } from "./tar-read.ts";
export { type TarEntry, writeTar } from "./tar-write.ts";
export { type ArtifactTree, type TreeLimits, unpackTree } from "./tree.ts";
export { type TreeFile, treeEntries } from "./tree-entries.ts";
