import { createHash, type Hash } from "node:crypto";
import { ArtifactError } from "./errors.ts";

const HEX_LENGTH = { sha1: 40, sha256: 64, sha384: 96, sha512: 128 } as const;

/** The algorithms a digest may name. */
export type DigestAlgorithm = keyof typeof HEX_LENGTH;

/** The algorithm of new artifacts. */
export const CANONICAL_ALGORITHM: DigestAlgorithm = "sha256";

/**
 * Splits `<algorithm>:<hex>`.
 * @throws {ArtifactError} DIGEST_INVALID for another algorithm, upper-case letters, or a wrong length.
 */
export function parseDigest(digest: string): { algorithm: DigestAlgorithm; hex: string } {
  const [, algorithm, hex] = /^([a-z0-9]+):([0-9a-f]+)$/.exec(digest) ?? [];
  if (algorithm !== undefined && hex !== undefined && Object.hasOwn(HEX_LENGTH, algorithm)) {
    const known = algorithm as DigestAlgorithm;
    if (hex.length === HEX_LENGTH[known]) return { algorithm: known, hex };
  }
  const shown = digest.slice(0, 160);
  throw new ArtifactError(
    "DIGEST_INVALID",
    `Cannot use digest "${shown}": want sha1, sha256, sha384 or sha512 and hex`,
    {
      digest: shown,
    },
  );
}

/** A running digest; `finish()` gives `<algorithm>:<hex>`. */
export function startDigest(algorithm: DigestAlgorithm): { update(bytes: Uint8Array): void; finish(): string } {
  const hash: Hash = createHash(algorithm);
  return {
    update: (bytes) => void hash.update(bytes),
    finish: () => `${algorithm}:${hash.digest("hex")}`,
  };
}

/** `<algorithm>:<hex>` of `bytes`. */
export function digestOf(bytes: Uint8Array, algorithm: DigestAlgorithm = CANONICAL_ALGORITHM): string {
  return `${algorithm}:${createHash(algorithm).update(bytes).digest("hex")}`;
}
