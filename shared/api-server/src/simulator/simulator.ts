import { type KubeObject } from "@sluice/api";
import { equalJson, type JsonObject, type Logger, rfc3339 } from "@sluice/base";
import { type Resource } from "../discovery/resource.ts";
import { WorkQueue } from "../lifecycle/work-queue.ts";
import { type RegistryContext } from "../registry/context.ts";
import { deleteObject } from "../registry/delete.ts";
import { updateObject } from "../registry/update.ts";
import { wishesOf } from "./annotations.ts";
import { jobStatus } from "./jobs.ts";
import { autoscalerStatus, claimStatus, serviceStatus } from "./others.ts";
import { NODE, podStatus } from "./pods.ts";
import {
  daemonSetStatus,
  deploymentStatus,
  disruptionBudgetStatus,
  replicaSetStatus,
  statefulSetStatus,
} from "./replicated.ts";
import { type Phase, type StatusOf, specOf } from "./workload.ts";

export interface SimulatorOptions {
  /** Milliseconds until a workload is ready, counted from its last change; 0, the default: at once. */
  readyAfterMs?: number;
}

/** By collection id. */
const STATUSES: Readonly<Record<string, StatusOf>> = {
  "/persistentvolumeclaims": claimStatus,
  "/pods": podStatus,
  "/replicationcontrollers": replicaSetStatus,
  "/services": serviceStatus,
  "apps/daemonsets": daemonSetStatus,
  "apps/deployments": deploymentStatus,
  "apps/replicasets": replicaSetStatus,
  "apps/statefulsets": statefulSetStatus,
  "autoscaling/horizontalpodautoscalers": autoscalerStatus,
  "batch/jobs": jobStatus,
  "policy/poddisruptionbudgets": disruptionBudgetStatus,
};

const MANAGER = "kube-controller-manager";

/**
 * Plays the controllers and the kubelet of a cluster whose workloads run: writes their status, as a manager of its own
 * and through the status subresource. Annotations on a workload make it slow or make it fail.
 */
export function startSimulator(options: {
  registry: RegistryContext;
  log: Logger;
  settings: SimulatorOptions;
}): Disposable {
  const { registry, log, settings } = options;
  const simulator = new Simulator(registry, settings.readyAfterMs ?? 0, (id) => queue.add(id));
  const queue = new WorkQueue({ handle: (id) => simulator.settle(id), clock: registry.clock, log });
  for (const collection of Object.keys(STATUSES)) {
    for (const { key } of registry.store.collection(collection).list()) queue.add(`${collection} ${key}`);
  }
  registry.store.onChange((collection, { type, stored }) => {
    if (!Object.hasOwn(STATUSES, collection.id)) return;
    if (type === "DELETED") simulator.forget(stored.object);
    else queue.add(`${collection.id} ${stored.key}`);
  });
  return {
    [Symbol.dispose]() {
      queue[Symbol.dispose]();
      simulator[Symbol.dispose]();
    },
  };
}

/** What is being waited for on behalf of one object. */
interface Wait {
  /** The generation that is being rolled out. */
  generation: number;
  over: boolean;
  timer: Disposable | undefined;
}

class Simulator implements Disposable {
  readonly #cx: RegistryContext;
  readonly #readyAfterMs: number;
  readonly #again: (id: string) => void;
  readonly #waits = new Map<string, Wait>();

  constructor(cx: RegistryContext, readyAfterMs: number, again: (id: string) => void) {
    this.#cx = cx;
    this.#readyAfterMs = readyAfterMs;
    this.#again = again;
  }

  [Symbol.dispose](): void {
    for (const { timer } of this.#waits.values()) timer?.[Symbol.dispose]();
    this.#waits.clear();
  }

  forget(object: KubeObject): void {
    const uid = object.metadata.uid ?? "";
    this.#waits.get(uid)?.timer?.[Symbol.dispose]();
    this.#waits.delete(uid);
  }

  /** Brings the status of one object up to date. @param id `collection key` */
  settle(id: string): void {
    const [collection = "", key = ""] = id.split(" ");
    const object = this.#cx.store.collection(collection).get(key)?.object;
    const resource = this.#cx.catalog.ofCollection(collection);
    if (!object || !resource) return;
    if (collection === "/pods" && this.#endPod(resource, key, object)) return;
    if (collection === "/pods" && !specOf(object)["nodeName"]) return this.#bind(resource, key, { nodeName: NODE });
    if (
      collection === "/persistentvolumeclaims" &&
      !specOf(object)["volumeName"] &&
      this.#phaseOf(id, object).is === "ready"
    ) {
      return this.#bind(resource, key, { volumeName: `pvc-${object.metadata.uid}` });
    }
    this.#writeStatus(resource, key, { object, phase: this.#phaseOf(id, object) });
  }

  #phaseOf(id: string, object: KubeObject): Phase {
    const { fail, delayMs = this.#readyAfterMs } = wishesOf(object);
    if (delayMs > 0 && !this.#waited(id, object, delayMs)) return { is: "progressing" };
    return fail === undefined ? { is: "ready" } : { is: "failed", reason: fail };
  }

  /** True once `delayMs` have passed since the object's last change was seen; asks to be called again then. */
  #waited(id: string, { metadata }: KubeObject, delayMs: number): boolean {
    const { uid = "", generation = 0 } = metadata;
    const known = this.#waits.get(uid);
    if (known?.generation === generation) return known.over;
    known?.timer?.[Symbol.dispose]();
    const wait: Wait = { generation, over: false, timer: undefined };
    wait.timer = this.#cx.clock.after(delayMs, () => {
      wait.over = true;
      this.#again(id);
    });
    this.#waits.set(uid, wait);
    return false;
  }

  /** A pod that is to end has ended. */
  #endPod(resource: Resource, key: string, object: KubeObject): boolean {
    if (object.metadata.deletionTimestamp === undefined) return false;
    if ((object.metadata.deletionGracePeriodSeconds ?? 0) > 0) {
      deleteObject(this.#cx, resource, key, { dryRun: false, gracePeriodSeconds: 0 });
    }
    return true;
  }

  /** What a scheduler or volume binder does: one field of the spec. */
  #bind(resource: Resource, key: string, fields: JsonObject): void {
    this.#update(resource, key, "binding", (live) => {
      live["spec"] = { ...specOf(live), ...fields };
    });
  }

  #writeStatus(resource: Resource, key: string, { object, phase }: { object: KubeObject; phase: Phase }): void {
    const make = STATUSES[resource.collection] as StatusOf;
    const status = make({ object, phase, now: rfc3339(this.#cx.clock.now()) });
    if (equalJson(status, object["status"])) return;
    this.#update(resource, key, "status", (live) => {
      live["status"] = status;
    });
  }

  #update(resource: Resource, key: string, subresource: string, edit: (live: KubeObject) => void): void {
    updateObject(this.#cx, resource, key, {
      dryRun: false,
      manager: MANAGER,
      fieldValidation: "Ignore",
      subresource,
      transform(live) {
        edit(live);
        return live;
      },
    });
  }
}
