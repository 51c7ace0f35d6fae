import { setImmediate } from "node:timers/promises";
import { compareWalkOrder, pathFault } from "./entry-path.ts";
import { ArtifactError } from "./errors.ts";
import { BLOCK, encodeHeader, paddingAfter } from "./tar-header.ts";

/** One entry of an archive to be written. `path` is relative; `.` is the root directory. */
export type TarEntry =
  | { type: "directory"; path: string }
  | {
      type: "file";
      path: string;
      executable: boolean;
      /** Length of the content in bytes. */
      size: number;
      /** Gives the content; called once, when the entry's turn has come. */
      read(): Promise<Uint8Array> | Uint8Array;
    };

const ENTRIES_PER_TURN = 500;

/**
 * The bytes of a tar archive, piece by piece: the same entries give the same bytes on every machine.
 *
 * Directories have mode 0750, files 0600, executables 0700; owner, group and time are 0. One file's content is held at a time.
 * @param entries in walk order (see `compareWalkOrder`), each path once, `.` first if it is there.
 * @throws {ArtifactError} ENTRY_INVALID for an unsafe, repeated or misplaced path, or content that is not `size` long.
 * @source fluxcd/pkg `artifact/storage`, as section 2.2 of the specification describes
 */
export async function* writeTar(entries: AsyncIterable<TarEntry> | Iterable<TarEntry>): AsyncGenerator<Uint8Array> {
  let previous: string | undefined;
  let count = 0;
  for await (const entry of entries) {
    checkEntry(entry.path, previous);
    previous = entry.path;
    if (++count % ENTRIES_PER_TURN === 0) await setImmediate();
    if (entry.type === "directory") {
      yield encodeHeader({ name: entry.path, type: "5", mode: 0o750, sizeBytes: 0 });
      continue;
    }
    yield encodeHeader({
      name: entry.path,
      type: "0",
      mode: entry.executable ? 0o700 : 0o600,
      sizeBytes: entry.size,
    });
    const content = await entry.read();
    if (content.length !== entry.size) {
      throw invalid(entry.path, `has ${content.length} bytes where ${entry.size} were announced`);
    }
    yield content;
    const padding = paddingAfter(entry.size);
    if (padding > 0) yield new Uint8Array(padding);
  }
  yield new Uint8Array(2 * BLOCK);
}

function checkEntry(path: string, previous: string | undefined): void {
  const fault = path === "." ? undefined : pathFault(path);
  if (fault !== undefined) throw invalid(path, fault);
  if (previous === undefined) return;
  if (path === "." || (previous !== "." && compareWalkOrder(previous, path) >= 0)) {
    throw invalid(path, path === previous ? "is there twice" : `comes after "${previous}"`);
  }
}

function invalid(path: string, why: string): ArtifactError<"ENTRY_INVALID"> {
  return new ArtifactError("ENTRY_INVALID", `Cannot archive "${path}": the entry ${why}`, { path, why });
}
