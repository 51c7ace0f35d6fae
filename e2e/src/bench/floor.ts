import { type KubeObject } from "@sluice/api";
import { systemClock } from "@sluice/base";
import { type KubeClient } from "@sluice/kube";
import { objectsOf } from "./manifests.ts";

const IN_FLIGHT = 16;

/**
 * The bare loop: the same server-side applies, in the same process, 16 at a time, and nothing else.
 * @returns milliseconds
 */
export async function floorMs(
  client: KubeClient,
  options: { size: number; version: string; namespace: string },
): Promise<number> {
  const { size, version, namespace } = options;
  const objects: KubeObject[] = Array.from({ length: size }, (_, index) => objectsOf(index, version, namespace)).flat();
  const startMs = systemClock.monotonicMs();
  const queue = objects.values();
  const work = async () => {
    for (const object of queue) await client.apply(object, { fieldManager: "kustomize-controller", force: true });
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, work));
  return systemClock.monotonicMs() - startMs;
}
