/** What is said on the bus: per topic its subjects, its CloudEvents type and the closed schema of its data. */
import { count, type Field, httpUrl, record, text } from "./schema.ts";
import { artifactSubject, type ObjectRef, requestSubject, subjectPrefixes } from "./subjects.ts";

/** An object has a new artifact. */
export interface ArtifactNotice extends ObjectRef {
  revision: string;
  /** `<algorithm>:<hex>`. */
  digest: string;
  /** Where the artifact store serves it, http or https. */
  url: string;
  /** Bytes of the tarball. */
  size: number;
}

/** Somebody asks for a reconcile now. */
export interface RequestNotice extends ObjectRef {
  /** The value of the annotation `reconcile.fluxcd.io/requestedAt`. */
  requestedAt: string;
}

/** One topic. */
export interface Topic<T> {
  /** CloudEvents `type`, with the version of the schema. */
  readonly type: string;
  /** All subjects of the topic. */
  readonly subjects: string;
  subjectOf(notice: T): string;
  /** @throws {BusError} INVALID_MESSAGE */
  readonly read: Field<T>;
}

const about = {
  kind: text(63, /^[A-Za-z][A-Za-z0-9]*$/),
  namespace: text(63, /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/),
  name: text(253, /^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/),
};

export const artifactTopic: Topic<ArtifactNotice> = {
  type: "dev.sluice.artifact.v1",
  subjects: `${subjectPrefixes.artifact}.>`,
  subjectOf: artifactSubject,
  read: record<ArtifactNotice>({
    ...about,
    revision: text(2048),
    digest: text(160, /^[a-z0-9]+:[0-9a-f]{32,128}$/),
    url: httpUrl,
    size: count,
  }),
};

export const requestTopic: Topic<RequestNotice> = {
  type: "dev.sluice.request.v1",
  subjects: `${subjectPrefixes.request}.>`,
  subjectOf: requestSubject,
  read: record<RequestNotice>({ ...about, requestedAt: text(256) }),
};
