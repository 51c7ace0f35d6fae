import { type GitRepository } from "@sluice/api";
import { type CommitInfo } from "@sluice/git";
import { type Notice } from "@sluice/runtime";

type Artifact = NonNullable<NonNullable<GitRepository["status"]>["artifact"]>;

/** A new revision is ready to be consumed. */
export function artifactStored(artifact: Artifact, commit: CommitInfo): Notice {
  return {
    severity: "info",
    reason: "NewArtifact",
    message: `stored artifact for commit '${commit.subject}'`,
    meta: metaOf(artifact),
  };
}

/** Earlier runs failed, this one did not, and the artifact is still the right one. */
export function recovered(artifact: Artifact): Notice {
  return { severity: "info", reason: "Succeeded", message: storedMessage(artifact), meta: metaOf(artifact) };
}

/** The file in storage is not the one that was advertised. */
export function verificationFailed({ path }: Artifact): Notice {
  return {
    severity: "error",
    reason: "ArtifactVerificationFailed",
    message: `failed to verify integrity of artifact: '${path}' does not have the digest of the status`,
  };
}

/** Files that retention no longer keeps are gone. */
export function collected(count: number): Notice {
  return { severity: "trace", reason: "GarbageCollectionSucceeded", message: `garbage collected ${count} artifacts` };
}

/** All files of a deleted object are gone. */
export const removed: Notice = {
  severity: "trace",
  reason: "GarbageCollectionSucceeded",
  message: "garbage collected artifacts for deleted resource",
};

/** Files that should go are still there; the next run tries again. */
export function collectionFailed(why: string): Notice {
  return {
    severity: "error",
    reason: "GarbageCollectionFailed",
    message: `garbage collection of artifacts failed: ${why}`,
  };
}

/** Message of Ready and ArtifactInStorage. */
export function storedMessage({ revision }: Artifact): string {
  return `stored artifact for revision '${revision}'`;
}

function metaOf({ revision, digest }: Artifact): Record<string, string> {
  return { "source.toolkit.fluxcd.io/revision": revision, "source.toolkit.fluxcd.io/digest": digest };
}
