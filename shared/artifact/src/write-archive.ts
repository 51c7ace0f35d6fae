import { open } from "node:fs/promises";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type DigestAlgorithm, startDigest } from "./digest.ts";
import { ArtifactError } from "./errors.ts";
import { fixedGzip } from "./gzip.ts";
import { readAhead } from "./read-ahead.ts";
import { type TarEntry, writeTar } from "./tar-write.ts";

/** What was written. */
export interface WrittenArchive {
  /** Digest of the compressed file. */
  digest: string;
  /** Digest of the tar inside: what decides whether the content changed. */
  tarDigest: string;
  /** Length of the compressed file. */
  sizeBytes: number;
}

/**
 * Streams `entries` as a tar.gz into a new file at `path` (mode 0600), and syncs it to the disk.
 * Memory use does not depend on the size of the archive: its largest file, and twice 4 MiB read ahead.
 * @throws {ArtifactError} TOO_LARGE if the tar exceeds `limitBytes`, or what the entries throw.
 */
export async function writeArchive(
  entries: AsyncIterable<TarEntry> | Iterable<TarEntry>,
  options: { path: string; limitBytes: number; signal: AbortSignal; algorithm: DigestAlgorithm },
): Promise<WrittenArchive> {
  const plain = startDigest("sha256");
  const packed = startDigest(options.algorithm);
  let sizeBytes = 0;
  const { gzip, header } = fixedGzip();
  const file = await open(options.path, "wx", 0o600);
  try {
    await pipeline(
      Readable.from(hashed(batches(limited(writeTar(readAhead(entries, READ_AHEAD)), options.limitBytes)), plain)),
      gzip,
      header,
      async (chunks: AsyncIterable<Buffer>) => {
        for await (const chunk of chunks) {
          packed.update(chunk);
          sizeBytes += chunk.length;
          await file.appendFile(chunk);
        }
      },
      { signal: options.signal },
    );
    await file.sync();
  } finally {
    await file.close();
  }
  return { digest: packed.finish(), tarDigest: plain.finish(), sizeBytes };
}

const READ_AHEAD = { files: 64, bytes: 4 << 20 };

async function* limited(chunks: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<Uint8Array> {
  let total = 0;
  for await (const chunk of chunks) {
    total += chunk.length;
    if (total > limitBytes) {
      throw new ArtifactError("TOO_LARGE", `Cannot write archive: it exceeds limit ${limitBytes} bytes`, {
        what: "unpacked archive",
        limit: limitBytes,
      });
    }
    yield chunk;
  }
}

const BATCH_BYTES = 256 * 1024;

/** Gathers headers and small files, so that a stream step does not cost more than the bytes it moves. */
async function* batches(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes < BATCH_BYTES) continue;
    yield Buffer.concat(held, bytes);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(held, bytes);
}

async function* hashed(
  chunks: AsyncIterable<Uint8Array>,
  digest: { update(bytes: Uint8Array): void },
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    digest.update(chunk);
    yield chunk;
  }
}
