import { type Condition, type GitRepository } from "@sluice/api";
import { type JsonObject } from "@sluice/base";
import { KubeError } from "@sluice/kube";
import { type RuntimeLab, runtimeLab } from "@sluice/testkit";
import { expect, test } from "vitest";
import { StatusWriter } from "./status-writer.ts";

const time = "2026-01-01T00:00:00Z";
const facts = { status: 503, reason: "ServiceUnavailable", message: "down", causes: [] };

function condition(type: string, message = ""): Condition {
  return { type, status: "True", reason: "Succeeded", message, lastTransitionTime: time };
}

function writerOf(lab: RuntimeLab, object: GitRepository): StatusWriter<GitRepository> {
  return new StatusWriter({
    client: lab.client,
    object,
    fieldManager: "source-controller",
    ownTypes: new Set(["Ready"]),
  });
}

const ready: JsonObject = { observedGeneration: 1, conditions: [condition("Ready")] };

test("write() stores the status in one merge patch, and nothing when it is stored already", async () => {
  await using lab = await runtimeLab();
  const writer = writerOf(lab, await lab.create("app"));
  await writer.write(() => ready);
  await writer.write(() => ready);
  expect(lab.written()).toEqual(["patch GitRepository/app/status"]);
  expect((await lab.read("app")).status).toEqual(ready);
  expect(writer.object.metadata.managedFields).toBeUndefined();
});

test("write() keeps the fields and conditions that another writer stored meanwhile", async () => {
  await using lab = await runtimeLab();
  const object = await lab.create("app");
  await lab.patch("app", { status: { observedIgnore: "theirs", conditions: [condition("Theirs")] } }, "status");
  await writerOf(lab, object).write(() => ready);
  const { status } = await lab.read("app");
  expect(status?.observedIgnore).toBe("theirs");
  expect(status?.conditions?.map(({ type }) => type)).toEqual(["Ready", "Theirs"]);
  expect(lab.written()).toHaveLength(2);
});

test("write() does not reorder conditions, so that two writers cannot fight over their order", async () => {
  await using lab = await runtimeLab();
  await lab.create("app");
  const conditions = [condition("Theirs"), condition("Ready")];
  const object = await lab.patch("app", { status: { observedGeneration: 1, conditions } }, "status");
  await writerOf(lab, object).write(() => ready);
  expect(lab.written()).toEqual([]);
});

test("write() refuses to overwrite a field that another writer changed too, and names it", async () => {
  await using lab = await runtimeLab();
  const object = await lab.create("app");
  await lab.patch("app", { status: { observedIgnore: "theirs" } }, "status");
  const written = writerOf(lab, object).write(() => ({ ...ready, observedIgnore: "ours" }));
  await expect(written).rejects.toMatchObject({ code: "STATUS_CHANGED", data: { fields: ["observedIgnore"] } });
  expect((await lab.read("app")).status?.observedIgnore).toBe("theirs");
});

test("write() knows its own write again whose answer was lost", async () => {
  await using lab = await runtimeLab();
  const writer = writerOf(lab, await lab.create("app"));
  lab.fault = () => ({ lose: new KubeError("UNAVAILABLE", "down", facts) });
  await expect(writer.write(() => ({ ...ready, observedIgnore: "one" }))).rejects.toThrow("down");
  lab.fault = () => undefined;
  await writer.write(() => ({ ...ready, observedIgnore: "two" }));
  expect((await lab.read("app")).status?.observedIgnore).toBe("two");
});

test("write() gives a conflict that does not end to the caller", async () => {
  await using lab = await runtimeLab();
  const writer = writerOf(lab, await lab.create("app"));
  const conflict = new KubeError("CONFLICT", "changed", { ...facts, status: 409 });
  lab.fault = ({ verb }) => (verb === "patch" ? { fail: conflict } : undefined);
  await expect(writer.write(() => ready)).rejects.toBe(conflict);
  expect(lab.written()).toHaveLength(6);
});

test("write() leaves an object alone that took the name of the one it knew", async () => {
  await using lab = await runtimeLab();
  const writer = writerOf(lab, await lab.create("app"));
  await lab.delete("app");
  await lab.create("app");
  await writer.write(() => ready);
  expect(writer.isGone).toBe(true);
  expect((await lab.read("app")).status).toEqual({ observedGeneration: -1 });
});

test("write() of a deleted object resolves, and isGone tells", async () => {
  await using lab = await runtimeLab();
  const writer = writerOf(lab, await lab.create("app"));
  await lab.delete("app");
  await writer.write(() => ready);
  expect(writer.isGone).toBe(true);
});

test("writes are serial, each asks for its status when its turn comes, and a failed one does not stop the next", async () => {
  await using lab = await runtimeLab();
  const writer = writerOf(lab, await lab.create("app"));
  lab.fault = ({ index }) => (index === 0 ? { fail: new KubeError("UNAVAILABLE", "down", facts) } : undefined);
  let ignore = "early";
  const first = writer.write(() => ({ ...ready, observedIgnore: ignore }));
  const second = writer.write(() => ({ ...ready, observedIgnore: ignore }));
  ignore = "late";
  await expect(first).rejects.toThrow("down");
  await second;
  await writer.idle();
  expect((await lab.read("app")).status?.observedIgnore).toBe("late");
});
