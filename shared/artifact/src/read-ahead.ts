import { type TarEntry } from "./tar-write.ts";

/**
 * The same entries, with the contents of the next ones already being read, so that a source that answers with a delay is not
 * waited for file by file. Reads start in bursts, so that a source that takes several questions at once gets several.
 * @param limits how much is read at a time: whichever is reached first, but at least one file.
 */
export async function* readAhead(
  entries: AsyncIterable<TarEntry> | Iterable<TarEntry>,
  limits: { files: number; bytes: number },
): AsyncGenerator<TarEntry> {
  let burst: TarEntry[] = [];
  let previous: TarEntry[] = [];
  let bytes = 0;
  for await (const entry of entries) {
    burst.push(entry);
    bytes += entry.type === "file" ? entry.size : 0;
    if (burst.length < limits.files && bytes < limits.bytes) continue;
    const next = burst.map(started);
    yield* previous;
    previous = next;
    burst = [];
    bytes = 0;
  }
  const last = burst.map(started);
  yield* previous;
  yield* last;
}

function started(entry: TarEntry): TarEntry {
  if (entry.type === "directory") return entry;
  const content = Promise.resolve(entry.read());
  content.catch(() => undefined); // whoever reads it gets the failure; nobody may ever read it
  return { ...entry, read: () => content };
}
