import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { scratchDir, systemClock } from "@sluice/base";
import { expect, test, vi } from "vitest";
import { isAlive } from "./file-lock.ts";
import { startProgram, untilReady } from "./processes.ts";

const clock = systemClock;

async function shell(script: string) {
  const dir = await scratchDir("program");
  const program = await startProgram({
    command: "/bin/sh",
    args: ["-c", script],
    logPath: join(dir.path, "log"),
    scratch: dir.path,
  });
  const dispose = async () => {
    await program.kill();
    await dir[Symbol.asyncDispose]();
  };
  return { dir: dir.path, program, [Symbol.asyncDispose]: dispose };
}

test("a program that ends by itself tells how, and its scratch directory stays", async () => {
  await using started = await shell("echo hello; exit 7");
  expect(await started.program.ended).toEqual({ code: 7, signal: null });
  expect(await started.program.output()).toBe("hello");
  expect(existsSync(started.dir)).toBe(true);
});

test("stop() lets the program end as it wishes", async () => {
  await using started = await shell("trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done");
  await untilReady(started.program, async () => (await started.program.output()) === "ready", {
    clock,
    timeoutMs: 20_000,
  });
  expect(await started.program.stop({ clock })).toEqual({ code: 5, signal: null });
});

test("stop() kills a program that does not listen, after the grace period", async () => {
  await using started = await shell("trap '' TERM; echo ready; while :; do sleep 0.05; done");
  await untilReady(started.program, async () => (await started.program.output()) === "ready", {
    clock,
    timeoutMs: 20_000,
  });
  expect(await started.program.stop({ clock, graceMs: 1 })).toEqual({ code: null, signal: "SIGKILL" });
});

test("kill() takes what the program started along", async () => {
  await using started = await shell("sleep 600 & echo $!; wait");
  const { program } = started;
  await untilReady(program, async () => /^[0-9]+$/.test(await program.output()), { clock, timeoutMs: 20_000 });
  const grandchild = Number(await program.output());
  expect(isAlive(grandchild)).toBe(true);
  await program.kill();
  await vi.waitUntil(() => !isRunning(grandchild), { timeout: 20_000 });
});

test("untilReady() fails with the end of the log when the program ends first", async () => {
  await using started = await shell("echo no such file >&2; exit 1");
  const waiting = untilReady(started.program, () => Promise.resolve(false), { clock, timeoutMs: 20_000 });
  await expect(waiting).rejects.toMatchObject({ code: "EXITED", data: { code: 1, output: "no such file" } });
});

test("untilReady() gives up after its time", async () => {
  await using started = await shell("sleep 600");
  const waiting = untilReady(started.program, () => Promise.resolve(false), { clock, timeoutMs: 0, everyMs: 1 });
  await expect(waiting).rejects.toMatchObject({ code: "NOT_READY" });
});

test("a program and its scratch directory do not outlive a starter that is killed", async () => {
  await using dir = await scratchDir("watchdog");
  const scratch = join(dir.path, "scratch");
  await mkdir(scratch);
  const script = fileURLToPath(new URL("testdata/start-and-hang.ts", import.meta.url));
  const starter = spawn(process.execPath, ["--conditions=sluice", "--import=tsx", script, scratch], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [firstLine] = (await once(starter.stdout, "data")) as [Buffer];
  const program = Number(firstLine.toString());
  expect(isRunning(program)).toBe(true);
  starter.kill("SIGKILL");
  await vi.waitUntil(() => !isRunning(program) && !existsSync(scratch), { timeout: 20_000 });
});

/** False also for a process that has ended and waits to be reaped by a parent that never does. */
function isRunning(pid: number): boolean {
  if (!isAlive(pid)) return false;
  const state = spawnSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" }).stdout.trim();
  return state !== "" && !state.startsWith("Z");
}
