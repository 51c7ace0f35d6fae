import { type KubeObject } from "@sluice/api";
import { isObject, type JsonObject } from "@sluice/base";
import { type RegistryContext } from "../registry/context.ts";
import { updateObject } from "../registry/update.ts";
import { CONTROLLER_MANAGER, type LifecycleContext } from "./context.ts";
import { WorkQueue } from "./work-queue.ts";

const CLAIMS = "/persistentvolumeclaims";
const VOLUMES = "/persistentvolumes";
const PODS = "/pods";
const FINALIZERS: Readonly<Record<string, string>> = {
  [CLAIMS]: "kubernetes.io/pvc-protection",
  [VOLUMES]: "kubernetes.io/pv-protection",
};

/**
 * Lets claims go once no pod uses them, and volumes once they are not bound.
 * @source kube-controller-manager's pvc-protection and pv-protection controllers
 */
export function startProtection({ registry, log }: LifecycleContext): Disposable {
  const queue = new WorkQueue({ handle: (id) => release(registry, id), clock: registry.clock, log });
  registry.store.onChange(({ id }, { type, stored }) => {
    const going = stored.object.metadata.deletionTimestamp !== undefined;
    if (Object.hasOwn(FINALIZERS, id) && going && type !== "DELETED") queue.add(`${id} ${stored.key}`);
    if (id === PODS && type === "DELETED") for (const key of claimsOf(stored.object)) queue.add(`${CLAIMS} ${key}`);
  });
  return queue;
}

function release(cx: RegistryContext, id: string): void {
  const [collection = "", key = ""] = id.split(" ");
  const object = cx.store.collection(collection).get(key)?.object;
  const resource = cx.catalog.ofCollection(collection);
  const finalizer = FINALIZERS[collection];
  if (!object || !resource || object.metadata.deletionTimestamp === undefined) return;
  if (!object.metadata.finalizers?.includes(finalizer ?? "")) return;
  const status = isObject(object["status"]) ? object["status"] : {};
  if (collection === CLAIMS ? isUsed(cx, key) : status["phase"] === "Bound") return;
  updateObject(cx, resource, key, {
    dryRun: false,
    manager: CONTROLLER_MANAGER,
    fieldValidation: "Ignore",
    transform(live) {
      live.metadata.finalizers = (live.metadata.finalizers ?? []).filter((name) => name !== finalizer);
      return live;
    },
  });
}

function isUsed(cx: RegistryContext, claim: string): boolean {
  const prefix = claim.slice(0, claim.indexOf("/") + 1);
  return cx.store
    .collection(PODS)
    .list(prefix)
    .some(({ object }) => claimsOf(object).includes(claim));
}

/** Keys of the claims that a pod mounts. */
function claimsOf(pod: KubeObject): string[] {
  const volumes = volumesOf(pod);
  const names = volumes.map((volume) => claimName(volume)).filter((name) => name !== undefined);
  return names.map((name) => `${pod.metadata.namespace}/${name}`);
}

function volumesOf(pod: KubeObject): JsonObject[] {
  const spec = isObject(pod["spec"]) ? pod["spec"] : {};
  return Array.isArray(spec["volumes"]) ? spec["volumes"].filter(isObject) : [];
}

function claimName({ persistentVolumeClaim }: JsonObject): string | undefined {
  const name = isObject(persistentVolumeClaim) ? persistentVolumeClaim["claimName"] : undefined;
  return typeof name === "string" ? name : undefined;
}
