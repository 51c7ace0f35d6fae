import { readFile } from "node:fs/promises";

/**
 * The largest resident set of a process so far, in bytes, as Linux tells it; undefined if it does not say.
 * @throws if there is no such process, or no `/proc`
 */
export async function peakBytesOf(pid: number): Promise<number | undefined> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const kibibytes = /^VmHWM:\s+([0-9]+) kB$/m.exec(status)?.[1];
  return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
}
