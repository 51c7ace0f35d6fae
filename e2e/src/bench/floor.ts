import { type KubeObject } from "@sluice/api";
import { systemClock } from "@sluice/base";
import { type KubeClient } from "@sluice/kube";
import { inFlight } from "./in-flight.ts";
import { objectsOf } from "./manifests.ts";

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
  await inFlight(objects, (object) => client.apply(object, { fieldManager: "kustomize-controller", force: true }));
  return systemClock.monotonicMs() - startMs;
}
