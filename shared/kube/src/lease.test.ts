import { type KubeObject } from "@sluice/api";
import { silentLog } from "@sluice/base";
import { type Reply, kubeLab, type KubeLab, statusBody, until } from "@sluice/testkit";
import { expect, test } from "vitest";
import { elect } from "./lease.ts";
import { type ElectOptions } from "./types.ts";

const path = "/apis/coordination.k8s.io/v1/namespaces/flux-system/leases";

/** Serves one Lease with optimistic locking, as an API server does. */
function serveLease(lab: KubeLab, first?: KubeObject["spec"]) {
  const state = { version: 1, spec: first, down: false, writes: 0 };
  const lease = () => ({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "source", namespace: "flux-system", resourceVersion: String(state.version) },
    spec: state.spec,
  });
  const missing = { status: 404, json: statusBody(404, "NotFound", { details: { name: "source" } }) };
  const reply =
    (act: (body: KubeObject) => Exclude<Reply, string | ((...args: never) => void)>): Reply =>
    (request, response) => {
      const { status = 200, json } = state.down ? { status: 500 } : act(JSON.parse(request.body || "{}"));
      response.writeHead(status).end(JSON.stringify(json ?? {}));
    };
  const write = (body: KubeObject, status: number) => {
    Object.assign(state, { spec: body["spec"], version: state.version + 1, writes: state.writes + 1 });
    return { status, json: lease() };
  };
  lab.server.on(
    `GET ${path}/source`,
    reply(() => (state.spec ? { json: lease() } : missing)),
  );
  lab.server.on(
    `POST ${path}`,
    reply((body) => (state.spec ? { status: 409, json: statusBody(409, "AlreadyExists") } : write(body, 201))),
  );
  lab.server.on(
    `PUT ${path}/source`,
    reply((body) => {
      if (!state.spec) return missing;
      const current = body.metadata.resourceVersion === String(state.version);
      return current ? write(body, 200) : { status: 409, json: statusBody(409, "Conflict") };
    }),
  );
  lab.server.on(`GET ${path}`, "silence");
  return { state, lease };
}

function candidate(lab: KubeLab, options: Partial<ElectOptions> = {}) {
  const abort = new AbortController();
  const lost: string[] = [];
  const leadership = elect({
    client: lab.client,
    name: "source",
    namespace: "flux-system",
    identity: "me",
    clock: lab.clock,
    log: silentLog,
    signal: abort.signal,
    onLost: () => void lost.push("lost"),
    random: () => 0,
    ...options,
  });
  leadership.catch(() => undefined);
  return { abort, lost, leadership };
}

const heldBy = (holder: string, transitions = 3) => ({
  holderIdentity: holder,
  leaseDurationSeconds: 35,
  acquireTime: "2020-01-01T00:00:00.000000Z",
  renewTime: "2020-01-01T00:00:00.000000Z",
  leaseTransitions: transitions,
});

test("elect() creates the lease when there is none", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab);
  const { leadership } = candidate(lab);
  expect((await leadership).isValid()).toBe(true);
  expect(state.spec).toEqual({
    holderIdentity: "me",
    leaseDurationSeconds: 35,
    acquireTime: "2026-01-01T00:00:00.000000Z",
    renewTime: "2026-01-01T00:00:00.000000Z",
    leaseTransitions: 0,
  });
});

test("elect() takes a lease that nobody holds, and counts the transition", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab, heldBy(""));
  await candidate(lab).leadership;
  expect(state.spec).toMatchObject({ holderIdentity: "me", leaseTransitions: 4 });
});

test("elect() takes a lease back that its own identity holds, without a transition", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab, heldBy("me"));
  await candidate(lab).leadership;
  expect(state.spec).toMatchObject({ leaseTransitions: 3, acquireTime: "2020-01-01T00:00:00.000000Z" });
});

test("elect() waits a whole duration from when it first saw a foreign lease, whatever times the lease tells", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab, heldBy("other"));
  const { leadership } = candidate(lab);
  for (let seconds = 0; seconds < 35; seconds += 5) {
    await until(() => lab.clock.pending().includes(5000));
    expect(state.spec).toMatchObject({ holderIdentity: "other" });
    await lab.clock.advance(5000);
  }
  await leadership;
  expect(lab.clock.monotonicMs()).toBe(35_000);
  expect(state.spec).toMatchObject({ holderIdentity: "me" });
});

test("elect() goes on waiting while the holder renews", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab, heldBy("other"));
  candidate(lab);
  for (let seconds = 0; seconds < 100; seconds += 5) {
    await until(() => lab.clock.pending().includes(5000));
    Object.assign(state, {
      version: state.version + 1,
      spec: { ...heldBy("other"), renewTime: `renewed at ${seconds}` },
    });
    await lab.clock.advance(5000);
  }
  expect(state.writes).toBe(0);
});

test("elect() sees in its watch that a lease was given back, and takes it at once", async () => {
  await using lab = await kubeLab();
  const { state, lease } = serveLease(lab, heldBy("other"));
  lab.server.on(`GET ${path}`, { json: { metadata: { resourceVersion: "1" }, items: [lease()] } });
  const watch = lab.server.stream(`GET ${path}`);
  const { leadership } = candidate(lab);
  await until(() => watch.isOpen());
  Object.assign(state, { version: 2, spec: heldBy("") });
  watch.write(
    `${JSON.stringify({ type: "MODIFIED", object: { ...lease(), metadata: { ...lease().metadata, uid: "u" } } })}\n`,
  );
  expect((await leadership).isValid()).toBe(true);
  expect(lab.clock.monotonicMs()).toBe(0);
  expect(lab.server.requests.find((request) => request.path === path)?.query).toMatchObject({
    fieldSelector: "metadata.name=source",
  });
  await until(() => !watch.isOpen());
});

test("a leader renews every retry period with one request, and is valid all the time", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab);
  const { leadership, lost } = candidate(lab);
  const { isValid } = await leadership;
  const before = lab.server.requests.length;
  for (let count = 1; count <= 10; count++) {
    await lab.clock.advance(5000);
    await until(() => state.writes === count + 1);
    expect(isValid()).toBe(true);
    await until(() => lab.clock.pending().includes(5000));
  }
  expect(lab.server.requests.length - before).toBe(10);
  expect(lost).toEqual([]);
});

test("a leader whose process was stopped is not valid in the moment in which it goes on", async () => {
  await using lab = await kubeLab();
  serveLease(lab);
  const { isValid } = await candidate(lab).leadership;
  lab.clock.pause(29_999);
  expect(isValid()).toBe(true);
  lab.clock.pause(1);
  expect(isValid()).toBe(false);
});

test("a lease is valid from when its renewal was sent, not from when the answer came", async () => {
  await using lab = await kubeLab();
  const { lease } = serveLease(lab);
  lab.server.on(`POST ${path}`, (request, response) => {
    lab.clock.pause(10_000);
    response.writeHead(201).end(JSON.stringify({ ...lease(), ...JSON.parse(request.body) }));
  });
  const { isValid } = await candidate(lab).leadership;
  lab.clock.pause(19_999);
  expect(isValid()).toBe(true);
  lab.clock.pause(1);
  expect(isValid()).toBe(false);
});

test("a leader's validity does not depend on the wall clock", async () => {
  await using lab = await kubeLab();
  serveLease(lab);
  const { isValid } = await candidate(lab).leadership;
  lab.clock.jump(3_600_000);
  expect(isValid()).toBe(true);
  lab.clock.jump(-7_200_000);
  lab.clock.pause(30_000);
  expect(isValid()).toBe(false);
});

test("a leader that cannot renew stops being valid after the renew deadline, before others may take over, and says so once", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab);
  const { leadership, lost } = candidate(lab);
  const { isValid, ended } = await leadership;
  state.down = true;
  for (let seconds = 0; seconds < 25; seconds += 5) {
    await lab.clock.advance(5000);
    expect(isValid()).toBe(true);
    await until(() => lab.clock.pending().includes(5000));
  }
  await lab.clock.advance(4999);
  expect(isValid()).toBe(true);
  await lab.clock.advance(1);
  expect(isValid()).toBe(false);
  await ended;
  expect(lost).toEqual(["lost"]);
});

test("a leader whose renewals fail for a while stays leader", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab);
  const { leadership, lost } = candidate(lab);
  const { isValid } = await leadership;
  state.down = true;
  for (let seconds = 0; seconds < 20; seconds += 5) {
    await lab.clock.advance(5000);
    await until(() => lab.clock.pending().includes(5000));
  }
  state.down = false;
  await lab.clock.advance(5000);
  await until(() => state.writes === 2);
  await lab.clock.advance(4000);
  expect(isValid()).toBe(true);
  expect(lost).toEqual([]);
});

test("a leader whose lease another took stops at its next renewal", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab);
  const { leadership, lost } = candidate(lab);
  const { isValid, ended } = await leadership;
  Object.assign(state, { version: 50, spec: heldBy("other") });
  for (let tries = 0; tries < 2; tries++) {
    await until(() => lab.clock.pending().includes(5000));
    await lab.clock.advance(5000);
  }
  await ended;
  expect(isValid()).toBe(false);
  expect(lost).toEqual(["lost"]);
  expect(state.spec).toMatchObject({ holderIdentity: "other" });
});

test("a leader whose lease was deleted creates it again", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab);
  const { leadership, lost } = candidate(lab);
  await leadership;
  Object.assign(state, { spec: undefined });
  for (let tries = 0; tries < 2; tries++) {
    await until(() => lab.clock.pending().includes(5000));
    await lab.clock.advance(5000);
  }
  await until(() => state.spec !== undefined);
  expect(lost).toEqual([]);
});

test("a cancelled leader gives the lease back, and is no longer valid", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab);
  const { leadership, abort, lost } = candidate(lab);
  const { isValid, ended } = await leadership;
  abort.abort(new Error("SIGTERM"));
  await ended;
  expect(isValid()).toBe(false);
  expect(state.spec).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions: 0 });
  expect(lost).toEqual([]);
});

test("a cancelled leader keeps the lease if releaseOnCancel is off", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab);
  const { leadership, abort } = candidate(lab, { releaseOnCancel: false });
  const { ended } = await leadership;
  abort.abort();
  await ended;
  expect(state.spec).toMatchObject({ holderIdentity: "me" });
});

test("a cancelled leader whose API server is gone still ends", async () => {
  await using lab = await kubeLab();
  serveLease(lab);
  const { leadership, abort } = candidate(lab);
  const { ended } = await leadership;
  lab.server.on(`PUT ${path}/source`, "silence");
  abort.abort();
  await until(() => lab.server.count(`PUT ${path}/source`) === 1);
  await lab.clock.advance(5000);
  await ended;
});

test("a candidate that is cancelled rejects with the reason and leaves nothing behind", async () => {
  await using lab = await kubeLab();
  serveLease(lab, heldBy("other"));
  const { leadership, abort } = candidate(lab);
  await until(() => lab.clock.pending().includes(5000));
  abort.abort(new Error("SIGTERM"));
  await expect(leadership).rejects.toThrow("SIGTERM");
  await until(() => lab.clock.pending().length === 0);
});

test("of two candidates exactly one leads", async () => {
  await using lab = await kubeLab();
  const { state } = serveLease(lab);
  const leaders: string[] = [];
  for (const identity of ["one", "two"])
    void candidate(lab, { identity }).leadership.then(() => leaders.push(identity));
  await until(() => leaders.length === 1 && lab.clock.pending().length >= 2);
  expect(state.spec).toMatchObject({ holderIdentity: leaders[0] });
  expect(state.writes).toBe(1);
});

test.each([{ leaseDurationMs: 30_000, renewDeadlineMs: 30_000 }, { renewDeadlineMs: 5000 }, { retryPeriodMs: 0 }])(
  "elect() refuses durations that do not fit together: %j",
  async (durations) => {
    await using lab = await kubeLab();
    await expect(candidate(lab, durations).leadership).rejects.toThrow(RangeError);
  },
);
