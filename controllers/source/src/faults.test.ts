import { mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type KubeClient } from "@sluice/kube";
import {
  type ClientCall,
  type ClientFault,
  conditionOf,
  crashAtWrite,
  faultyClient,
  freePort,
  sourceLab,
  untilPasses,
} from "@sluice/testkit";
import { describe, expect, test } from "vitest";
import { runSource } from "./app.ts";
import { parseConfig } from "./config.ts";

/** A lab whose controller works with a client that meets the faults of `plan`, as long as there is one. */
async function faultyLab(options: { stopped?: boolean } = {}) {
  const faults: { plan?: (call: ClientCall) => ClientFault | undefined } = {};
  const wrap = (client: KubeClient) => (faults.plan ? faultyClient(client, faults.plan) : client);
  const cx = await sourceLab({
    ...options,
    run: (flags, deps, signal) => runSource(parseConfig(flags, {}), { ...deps, client: wrap(deps.client) }, signal),
  });
  const remote = await cx.git.create("app");
  await remote.commit({ files: { "app.yaml": "a: 1" } });
  return Object.assign(cx, { remote, faults, spec: { url: cx.git.url("app"), ref: { branch: "main" } } });
}

describe("a process that dies", () => {
  // The writes of a first run are the finalizer, the event and the status; the fourth is never reached.
  const points = [0, 1, 2, 3].flatMap((index) => [[index, "before"] as const, [index, "after"] as const]);

  test.each(points)("at write %i, %s the server acts, leaves what the next one completes", async (index, when) => {
    await using cx = await faultyLab({ stopped: true });
    await cx.add("app", cx.spec);
    let reached = false;
    const crash = crashAtWrite(index, when);
    cx.faults.plan = (call) => {
      const fault = crash(call);
      reached ||= fault !== undefined;
      return fault;
    };
    cx.start();
    if (index < 3) await untilPasses(() => expect(reached).toBe(true));
    else await cx.ready("app");
    await cx.stop();
    delete cx.faults.plan;
    const second = await cx.remote.commit({ files: { "app.yaml": "a: 2" } });
    cx.start(["--artifact-retention-ttl=1ms"]);
    await cx.until("app", (repo) => repo?.status?.artifact?.revision === `main@sha1:${second}`);
    const ready = await cx.reconcile("app");
    expect(await cx.files(ready)).toEqual({ "app.yaml": "a: 2" });
    expect(await readdir(join(cx.storage, "gitrepository/default/app"))).toEqual([`${second}.tar.gz`]);
    expect(await readdir(join(cx.storage, ".tmp"))).toEqual([]);
  });
});

test("artifacts are not served before every advertised one was compared with the disk", async () => {
  const port = await freePort();
  await using cx = await faultyLab();
  await cx.add("app", cx.spec);
  const { path } = (await cx.ready("app")).status?.artifact ?? {};
  await cx.stop();
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  cx.faults.plan = ({ verb }) => (verb === "list" ? { hold: held } : undefined);
  cx.start([`--storage-addr=127.0.0.1:${port}`]);
  const status = async () => (await fetch(`http://127.0.0.1:${port}/${path}`)).status;
  await untilPasses(async () => expect(await status()).toBe(503));
  release();
  await untilPasses(async () => expect(await status()).toBe(200));
});

test("a disk that refuses is told, and the object recovers without a restart", async () => {
  await using cx = await faultyLab({ stopped: true });
  await mkdir(cx.storage, { recursive: true });
  const obstacle = join(cx.storage, "gitrepository");
  await writeFile(obstacle, "in the way");
  cx.start();
  await cx.add("app", cx.spec);
  const failed = await cx.untilReason("app", "ArchiveOperationFailed");
  expect(conditionOf(failed, "StorageOperationFailed")?.message).toMatch(
    /^Cannot use artifact storage for ".*": ENOTDIR$/,
  );
  await rm(obstacle);
  await cx.ready("app");
});

test("a Git cache that cannot be written is told as such", async () => {
  await using cx = await faultyLab({ stopped: true });
  await mkdir(cx.storage, { recursive: true });
  await writeFile(join(cx.storage, ".git-cache"), "in the way");
  cx.start();
  await cx.add("app", cx.spec);
  const failed = await cx.untilReason("app", "DirectoryCreationFailed");
  expect(conditionOf(failed, "StorageOperationFailed")?.status).toBe("True");
});

test("a run that takes long says what it does", async () => {
  await using cx = await faultyLab();
  await cx.add("app", cx.spec);
  await cx.ready("app");
  cx.git.fault({ kind: "hang" });
  await cx.add("new", cx.spec);
  await cx.change("app", { spec: { timeout: "50s" } });
  const progressing = async (name: string) => {
    const repo = await cx.until(name, (seen) => conditionOf(seen, "Ready")?.reason === "Progressing");
    expect(conditionOf(repo, "Ready")).toMatchObject({ status: "Unknown" });
    return conditionOf(repo, "Reconciling");
  };
  expect(await progressing("new")).toEqual({ status: "True", reason: "Progressing", message: "building artifact" });
  expect((await progressing("app"))?.message).toBe("processing object: new generation 1 -> 2");
});

test("a changed spec ends a run that hangs at once", async () => {
  await using cx = await faultyLab();
  cx.git.fault({ kind: "hang" });
  await cx.add("app", cx.spec);
  await untilPasses(() => expect(cx.git.requests.length).toBe(1));
  cx.git.fault(undefined);
  await cx.change("app", { spec: { interval: "2h" } });
  await cx.ready("app");
});
