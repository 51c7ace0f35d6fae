import { createReadStream } from "node:fs";
import { Transform, type TransformCallback } from "node:stream";
import { createGunzip, createGzip, type Gzip, gunzip } from "node:zlib";
import { startDigest } from "./digest.ts";
import { ArtifactError } from "./errors.ts";

const OS_BYTE = 9;
const OS_UNKNOWN = 255;

/** A gzip compressor of level 6 whose header does not depend on time or operating system. */
export function fixedGzip(): { gzip: Gzip; header: Transform } {
  return { gzip: createGzip({ level: 6 }), header: new FixHeader() };
}

/** Sets the header's operating system to "unknown"; zlib already leaves the time at 0. */
class FixHeader extends Transform {
  #seen = 0;

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const at = OS_BYTE - this.#seen;
    this.#seen += chunk.length;
    if (at >= 0 && at < chunk.length) chunk[at] = OS_UNKNOWN;
    done(null, chunk);
  }
}

/**
 * Decompresses one whole gzip file, off the main thread.
 * @throws {ArtifactError} TOO_LARGE if the result exceeds `limitBytes`; ARCHIVE_INVALID if `bytes` is not exactly one complete
 *   gzip member.
 */
export async function gunzipWhole(bytes: Uint8Array, limitBytes: number): Promise<Uint8Array> {
  const { buffer, consumed } = await inflate(bytes, limitBytes);
  const announced =
    bytes.length < 18 ? -1 : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).readUInt32LE(bytes.length - 4);
  if (consumed !== bytes.length || announced !== buffer.length % 2 ** 32) {
    throw invalid("there is more than one gzip member, or garbage after it");
  }
  return buffer;
}

/** What zlib calls back with under `info: true`, which its type declarations leave out. */
interface InflateInfo {
  buffer: Buffer;
  engine: { bytesWritten: number };
}

function inflate(bytes: Uint8Array, limitBytes: number): Promise<{ buffer: Buffer; consumed: number }> {
  return new Promise((resolve, reject) => {
    gunzip(bytes, { maxOutputLength: limitBytes, info: true }, (failure, result: Buffer | InflateInfo) => {
      if (failure) reject(inflateError(failure, limitBytes));
      else if (Buffer.isBuffer(result)) resolve({ buffer: result, consumed: bytes.length });
      else resolve({ buffer: result.buffer, consumed: result.engine.bytesWritten });
    });
  });
}

function inflateError(failure: NodeJS.ErrnoException, limitBytes: number): ArtifactError {
  if (failure.code === "ERR_BUFFER_TOO_LARGE") {
    return new ArtifactError("TOO_LARGE", `Cannot unpack archive: it exceeds limit ${limitBytes} bytes`, {
      what: "unpacked archive",
      limit: limitBytes,
    });
  }
  return invalid(`gzip says "${failure.message}"`, failure);
}

function invalid(why: string, cause?: unknown): ArtifactError<"ARCHIVE_INVALID"> {
  return new ArtifactError("ARCHIVE_INVALID", `Cannot unpack archive: ${why}`, { why }, { cause });
}

/**
 * The sha256 digest of what the gzip file at `path` holds.
 * @returns undefined if it cannot be read or is not a complete gzip file.
 */
export async function contentDigest(path: string): Promise<string | undefined> {
  const digest = startDigest("sha256");
  const source = createReadStream(path);
  const plain = createGunzip();
  source.on("error", (failure) => plain.destroy(failure));
  try {
    for await (const chunk of source.pipe(plain)) digest.update(chunk as Buffer);
    return digest.finish();
  } catch {
    return undefined;
  } finally {
    source.destroy();
    plain.destroy();
  }
}
