import { ownerNameLabel } from "@sluice/api";
import {
  type ClientCall,
  configMapFile,
  configMapRef,
  crashAtWrite,
  type KustomizationLab,
  kustomizationLab,
  kustomizationRef,
  until,
} from "@sluice/testkit";
import { expect, test } from "vitest";
import { runKustomization } from "./app.ts";
import { parseConfig } from "./config.ts";

const run: Parameters<typeof kustomizationLab>[0]["run"] = (flags, deps, signal) =>
  runKustomization(parseConfig(flags, {}), deps, signal);

const appRef = kustomizationRef("app");
const before = { "a.yaml": configMapFile("a"), "b.yaml": configMapFile("b"), "c.yaml": configMapFile("c") };
const after = { "a.yaml": configMapFile("a", { v: "2" }), "b.yaml": configMapFile("b"), "d.yaml": configMapFile("d") };

/** What is done to a controller that is killed at each of its writes in turn. */
interface Story {
  /** Leads to the state in which the story begins, with a controller that works. */
  prepare(lab: KustomizationLab): Promise<unknown>;
  act(lab: KustomizationLab): Promise<unknown>;
  /** Resolves when the story has come to its end. */
  end(lab: KustomizationLab): Promise<unknown>;
  /** ConfigMaps that are there in the end. */
  left: readonly string[];
}

const stories: Readonly<Record<string, Story>> = {
  install: {
    prepare: async () => {},
    act: async (lab) => {
      await lab.push(before);
      await lab.add("app", { wait: true });
    },
    end: (lab) => lab.ready("app"),
    left: ["a", "b", "c"],
  },
  "a change with prune": {
    prepare: async (lab) => {
      const revision = await lab.push(before);
      await lab.add("app", { wait: true });
      await lab.ready("app", revision);
    },
    act: (lab) => lab.push(after),
    end: (lab) => lab.until("app", (app) => app?.status?.history?.length === 2),
    left: ["a", "b", "d"],
  },
  "a deletion": {
    prepare: async (lab) => {
      const revision = await lab.push(before);
      await lab.add("app");
      await lab.ready("app", revision);
    },
    act: (lab) => lab.client.delete(appRef),
    end: (lab) => lab.until("app", (app) => app === undefined),
    left: [],
  },
};

test.each(Object.keys(stories).flatMap((name) => [[name, "before"] as const, [name, "after"] as const]))(
  "a controller killed %s: a new one converges, and at no moment an object is missing from the inventory (%s the write)",
  async (name, when) => {
    const story = stories[name] as Story;
    let point = 0;
    while (await killedAt({ story, point, when })) point += 1;
    expect(point).toBeGreaterThanOrEqual(4);
  },
);

/** Plays the story with a crash at write number `point`. @returns false if the story ended before that. */
async function killedAt({
  story,
  point,
  when,
}: {
  story: Story;
  point: number;
  when: "before" | "after";
}): Promise<boolean> {
  await using lab = await kustomizationLab({ run });
  await story.prepare(lab);
  await lab.stop();
  const plan = crashAtWrite(point, when);
  lab.fault = (call) => (isEvent(call) ? undefined : plan(call));
  lab.start();
  await story.act(lab);
  let hasEnded = false;
  const end = story.end(lab).then(() => void (hasEnded = true));
  end.catch(() => undefined);
  await until(() => hasEnded || lab.hasCrashed());
  const hasCrashed = lab.hasCrashed();
  await expectAccounted(lab);
  await lab.stop();
  lab.fault = () => undefined;
  lab.start();
  await end;
  await expectAccounted(lab);
  expect((await owned(lab)).map((id) => id.split("_")[1])).toEqual(story.left);
  return hasCrashed;
}

function isEvent({ target }: ClientCall): boolean {
  return target.kind === "Event";
}

/** Inventory ids of the ConfigMaps that bear our labels. */
async function owned(lab: KustomizationLab): Promise<string[]> {
  const { items } = await lab.client.list({ apiVersion: "v1", kind: "ConfigMap" }, { labelSelector: ownerNameLabel });
  return items.map(({ metadata }) => `default_${metadata.name}__ConfigMap`).sort();
}

async function expectAccounted(lab: KustomizationLab): Promise<void> {
  const there = await owned(lab);
  const app = await lab.find(appRef);
  if (app === undefined) return expect(there).toEqual([]);
  const status = app["status"] as { inventory?: { entries: { id: string }[] } } | undefined;
  expect(status?.inventory?.entries.map(({ id }) => id) ?? []).toEqual(expect.arrayContaining(there));
}

test("a controller that is stopped in the middle of an apply leaves in the inventory what it did", async () => {
  await using lab = await kustomizationLab({ run, flags: ["--concurrent-ssa=1"] });
  let isHeld = false;
  let release = () => {};
  const hold = new Promise<void>((resolve) => (release = resolve));
  lab.fault = ({ verb, dryRun, target }) => {
    if (verb !== "apply" || dryRun || target.name !== "b") return undefined;
    isHeld = true;
    return { hold };
  };
  await lab.push(before);
  await lab.add("app");
  await until(() => isHeld);
  const stopped = lab.stop();
  release();
  await stopped;
  await expectAccounted(lab);
  expect(await lab.find(configMapRef("a"))).toBeDefined();
  expect(await lab.find(configMapRef("c"))).toBeUndefined();
  expect(lab.eventsOf("app").filter((event) => event.startsWith("ReconciliationFailed"))).toEqual([]);
  lab.start();
  await lab.ready("app");
});
