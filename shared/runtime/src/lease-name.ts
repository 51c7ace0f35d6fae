import { sha256Hex } from "@sluice/base";

/**
 * The Lease that elects the leader of a controller: Flux's, so that Flux and Sluice cannot reconcile the same objects at once. Each shard
 * has one of its own.
 * @param labelSelector "" if the controller takes every object
 * @source spec/flux-api.md 2.11; Flux `leaderelection.GenerateID`
 */
export function leaseName(controller: string, labelSelector: string): string {
  const name = `${controller}-leader-election`;
  return labelSelector === "" ? name : `${name}-${sha256Hex(labelSelector).slice(0, 8)}`;
}
