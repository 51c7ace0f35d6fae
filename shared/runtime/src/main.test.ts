import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FlagReader } from "@sluice/base";
import { runtimeLab } from "@sluice/testkit";
import { expect, test } from "vitest";
import { type CommonConfig, readCommonConfig } from "./config.ts";
import { type Host, type ProcessDeps, runProcess } from "./main.ts";

/** How the fake process ended: `exit` cannot return. */
class Exit extends Error {
  readonly code: unknown;

  constructor(code: unknown) {
    super(`exit ${String(code)}`);
    this.code = code;
  }
}

function parseConfig(argv: readonly string[], env: NodeJS.ProcessEnv): CommonConfig {
  const read = new FlagReader(argv, env);
  return read.finish(readCommonConfig(read, { concurrent: 1 }));
}

/** Runs a controller in a fake process that has a kubeconfig for an embedded API server. */
async function run(
  work: (deps: ProcessDeps, signal: AbortSignal, host: { send(signal: "SIGINT" | "SIGTERM"): void }) => Promise<void>,
  argv: readonly string[] = [],
) {
  await using lab = await runtimeLab();
  const directory = await mkdtemp(join(tmpdir(), "sluice-main-"));
  const kubeconfig = join(directory, "kubeconfig");
  await writeFile(kubeconfig, lab.server.kubeconfig());
  const listeners = new Map<string, () => void>();
  const output = { stdout: "", stderr: "" };
  const exits: unknown[] = [];
  const host: Host = {
    argv: ["node", "main", ...argv],
    env: { KUBECONFIG: kubeconfig },
    stdout: { write: (text) => (output.stdout += text) },
    stderr: { write: (text) => (output.stderr += text) },
    once: (event, listener) => listeners.set(event, listener),
    exit: (code) => {
      exits.push(code);
      throw new Exit(code);
    },
  };
  const controller = {
    name: "test",
    parseConfig,
    work: (_: CommonConfig, deps: ProcessDeps, signal: AbortSignal) =>
      work(deps, signal, { send: (name) => listeners.get(name)?.() }),
  };
  await expect(runProcess(host, controller)).rejects.toBeInstanceOf(Exit);
  await rm(directory, { recursive: true });
  return { ...output, code: exits[0] };
}

test.each(["SIGTERM", "SIGINT"] as const)("%s ends the work and the process, with code 0", async (name) => {
  const seen: string[] = [];
  const ended = await run(async ({ client, log }, signal, host) => {
    seen.push((await client.get({ apiVersion: "v1", kind: "Namespace", name: "default" })).metadata.name);
    log.info("at work");
    host.send(name);
    seen.push(String(signal.aborted));
  });
  expect([seen, ended.code, ended.stderr]).toEqual([["default", "true"], 0, ""]);
  expect(JSON.parse(ended.stdout)).toMatchObject({ level: "info", msg: "at work" });
});

test("a failure is named on stderr and the code is 1", async () => {
  const ended = await run(async () => Promise.reject(new Error("disk full")));
  expect(ended).toMatchObject({ code: 1, stderr: "disk full\n" });
});

test("a bad command line ends the process before anything starts, with every problem named", async () => {
  let worked = false;
  const ended = await run(async () => {
    worked = true;
  }, ["--concurrent=0", "--nosuch"]);
  expect([worked, ended.code]).toEqual([false, 1]);
  expect(ended.stderr).toMatch(/concurrent.*nosuch/);
});
