import { ToolkitError } from "@sluice/base";

/** Everything that can go wrong in this room, with the facts that go with it. */
export interface ArtifactErrors {
  /** The URL is not http(s), carries credentials, or its host is not one of the allowed artifact hosts. */
  URL_REFUSED: { url: string };
  /** The artifact server has no such file. */
  NOT_FOUND: { url: string };
  /** No usable answer after all retries. `status` is the last HTTP status, if there was one. */
  UNREACHABLE: { url: string; tries: number; status?: number };
  /** The bytes received are not those that were announced. */
  DIGEST_MISMATCH: { want: string; got: string };
  /** The digest is not `<sha1|sha256|sha384|sha512>:<lower-case hex of the right length>`. */
  DIGEST_INVALID: { digest: string };
  /** A cap was exceeded. `what` names it. */
  TOO_LARGE: { what: "archive" | "unpacked archive" | "file" | "entries"; limit: number };
  /** The archive is truncated, has a wrong checksum, or is not a gzip-compressed tar. */
  ARCHIVE_INVALID: { why: string };
  /** An entry's name would leave the archive, or clashes with another entry. */
  ENTRY_INVALID: { path: string; why: string };
  /** Too many or too long ignore rules. */
  IGNORE_INVALID: { why: string };
  /** A name that cannot be part of a path in the store. */
  NAME_INVALID: { name: string };
  /** The file system refused. `errno` is its code, such as `ENOSPC`. */
  STORAGE_FAILED: { path: string; errno: string };
}

/** The error class of this room; match on `code`. */
export class ArtifactError<C extends keyof ArtifactErrors = keyof ArtifactErrors> extends ToolkitError<
  C,
  ArtifactErrors[C]
> {}

/** True if `thrown` is an {@link ArtifactError} with this code. */
export function isArtifactError<C extends keyof ArtifactErrors>(thrown: unknown, code: C): thrown is ArtifactError<C> {
  return thrown instanceof ArtifactError && thrown.code === code;
}
