import { spawn } from "node:child_process";
import { once } from "node:events";
import { sleep, systemClock } from "@sluice/base";
import { E2eError } from "../errors.ts";
import { peakBytesOf } from "../peak-memory.ts";

/** How long `task` takes, in milliseconds. */
export function elapsed(task: () => unknown): number {
  const startMs = systemClock.monotonicMs();
  task();
  return systemClock.monotonicMs() - startMs;
}

/** How long a program runs from start to end, in milliseconds. @throws {E2eError} COMMAND_FAILED */
export async function runMs(program: string, args: readonly string[]): Promise<number> {
  const startMs = systemClock.monotonicMs();
  await ended(start(program, args), program);
  return systemClock.monotonicMs() - startMs;
}

/**
 * The largest resident set of a program, in bytes, as Linux tells it while the program runs; undefined on other systems.
 * @throws {E2eError} COMMAND_FAILED
 */
export async function peakBytes(program: string, args: readonly string[]): Promise<number | undefined> {
  const child = start(program, args);
  let running = true;
  const end = ended(child, program).finally(() => {
    running = false;
  });
  let peak: number | undefined;
  while (running) {
    const bytes = await peakBytesOf(child.pid ?? 0).catch(() => undefined);
    if (bytes !== undefined) peak = Math.max(peak ?? 0, bytes);
    await Promise.race([end, sleep(systemClock, 5)]);
  }
  await end;
  return peak;
}

function start(program: string, args: readonly string[]) {
  return spawn(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}

async function ended(child: ReturnType<typeof start>, program: string): Promise<void> {
  const [code] = (await once(child, "exit")) as [number | null];
  if (code === 0) return;
  const data = { code, stdout: "", stderr: "" };
  throw new E2eError("COMMAND_FAILED", `Cannot run "${program}": exit code ${code}`, data);
}
