import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { type GitRepository } from "@sluice/api";
import { ArtifactError, type ArtifactStore } from "@sluice/artifact";
import { type Run } from "@sluice/runtime";
import { verificationFailed } from "./notices.ts";

type Artifact = NonNullable<NonNullable<GitRepository["status"]>["artifact"]>;

/**
 * Compares the advertised artifact with the disk. One that is gone or damaged is advertised no longer, and the run makes it anew; the
 * address of one that is there is brought up to date.
 * @throws {ArtifactError} STORAGE_FAILED
 */
export async function checkStored(run: Run<GitRepository>, store: ArtifactStore): Promise<void> {
  const { artifact } = run.status;
  if (!artifact) {
    run.progress("building artifact");
    return;
  }
  const state = await stateOf(artifact, store);
  if (state === "ok") {
    artifact.url = store.urlOf(artifact.path);
    return;
  }
  if (state === "corrupt") {
    run.notice(verificationFailed(artifact));
    await store.discard(artifact);
  }
  delete run.status.artifact;
  run.facts.delete("ArtifactInStorage");
  run.progress("building artifact: disappeared from storage");
}

/** A path or digest that this store could never have written (another tool's algorithm, a forged status) counts as missing. */
export async function stateOf(artifact: Artifact, store: ArtifactStore): Promise<"ok" | "missing" | "corrupt"> {
  try {
    return await store.verify(artifact);
  } catch (thrown) {
    if (thrown instanceof ArtifactError && ["DIGEST_INVALID", "NAME_INVALID"].includes(thrown.code)) return "missing";
    throw thrown;
  }
}

/**
 * Removes the Git caches of objects that are no more.
 * @param known the uids of the objects there are, asked for after the directory was read
 * @returns the names removed
 */
export async function sweepCaches(cacheDir: string, known: () => ReadonlySet<string>): Promise<readonly string[]> {
  const names = await readdir(cacheDir).catch(() => []);
  const uids = known();
  const orphans = names.filter((name) => !uids.has(name));
  for (const name of orphans) await rm(join(cacheDir, name), { recursive: true, force: true });
  return orphans;
}
