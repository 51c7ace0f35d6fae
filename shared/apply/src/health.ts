import { groupOf, type KindRef, type ObjectRef } from "@sluice/api";
import { type Deferred, deferred, unlessAborted } from "./deferred.ts";
import { ApplyError } from "./errors.ts";
import { type HealthReport, type HealthRequest, type ObjectHealth, type OwnerRef } from "./health-types.ts";
import { Held } from "./held.ts";
import { inventoryId } from "./inventory.ts";
import { groupKind, OWNED } from "./kind-view.ts";
import { type Kit } from "./kit.ts";
import { isOlder } from "./live.ts";
import { failureMessage } from "./report.ts";
import { isInstant } from "./status/kstatus.ts";
import { type Judged, StatusView } from "./status-view.ts";

/** A shared watch stays open so long after its last waiter: the next one is often close behind. */
const LINGER_MS = 30_000;

/** Where the health of one object is read. */
interface Probe {
  ref: ObjectRef;
  health(): ObjectHealth;
  onChange(listener: () => void): Disposable;
}

interface SharedView {
  view: StatusView;
  waiters: number;
  closing: Disposable | undefined;
}

/** Waits for health by watches: one for each kind, shared by all who wait for our objects of it; one for each object that is not ours. */
export class Health implements Disposable {
  readonly #kit: Kit;
  readonly #shared = new Map<string, SharedView>();

  constructor(kit: Kit) {
    this.#kit = kit;
  }

  /** As Cluster.health promises. */
  async wait(request: HealthRequest, signal: AbortSignal): Promise<HealthReport> {
    const done = deferred<HealthReport>();
    const onProgress = (report: HealthReport) => {
      request.onProgress?.(report);
      settle(report, request, done);
    };
    using _watching = this.watch({ ...request, onProgress });
    return await unlessAborted(done.promise, signal);
  }

  /** As Cluster.watchHealth promises. */
  watch(request: HealthRequest): Disposable {
    const held = new Held();
    const refs = request.refs.filter((ref) => !isOwner(ref, request.owner));
    const probes = refs.map((ref) => this.#probe(ref, request, held));
    const state = { last: undefined as HealthReport | undefined, ended: false };
    held.defer(() => void (state.ended = true));
    const evaluate = onceATurn(() => {
      if (state.ended) return;
      const report = { objects: probes.map((probe) => ({ ref: probe.ref, ...probe.health() })) };
      const isNews = state.last === undefined || !sameHealth(state.last, report);
      state.last = report;
      if (isNews) request.onProgress?.(report);
    });
    for (const probe of probes) held.use(probe.onChange(evaluate));
    evaluate();
    return held;
  }

  [Symbol.dispose](): void {
    for (const { view, closing } of this.#shared.values()) {
      closing?.[Symbol.dispose]();
      view[Symbol.dispose]();
    }
    this.#shared.clear();
  }

  #probe(ref: ObjectRef, request: HealthRequest, held: Held): Probe {
    const sight = this.#kit.views.sight(ref);
    const ours = this.#kit.ledger.get(inventoryId(ref)) !== undefined || typeof sight !== "string";
    const whole = request.judge !== undefined && request.judges?.(ref) !== false;
    if (ours && isInstant(ref) && !whole) return this.#instant(ref);
    const view = ours ? this.#share(ref, whole, held) : held.use(this.#single(ref, whole));
    return {
      ref,
      health: () => this.#read(view, ref, request),
      onChange: (listener) => this.#follow(view, ref, listener),
    };
  }

  /** Whether a Job has vanished is for the metadata watch to say, which may hear of it later. */
  #follow(view: StatusView, ref: ObjectRef, listener: () => void): Disposable {
    const { views, ledger } = this.#kit;
    const following = new Held();
    following.use(view.onChange(ref, listener));
    if (ledger.get(inventoryId(ref))?.vanishes) following.use(views.onSeen(ref, listener));
    return following;
  }

  /** Objects that are ready by existing are seen by the metadata watch. */
  #instant(ref: ObjectRef): Probe {
    const { views, ledger } = this.#kit;
    const health = (): ObjectHealth => {
      const known = views.sight(ref);
      const sight = known === "unknown" ? ledger.get(inventoryId(ref))?.left : known;
      if (sight === undefined || sight === "absent") return notFound;
      return sight.deleting
        ? { status: "Terminating", message: "Resource scheduled for deletion" }
        : { status: "Current", message: "Resource is current" };
    };
    return { ref, health, onChange: (listener) => views.onSeen(ref, listener) };
  }

  #read(view: StatusView, ref: ObjectRef, request: HealthRequest): ObjectHealth {
    const found = view.find(ref);
    if (found === undefined) return { status: "Unknown", message: view.trouble() ?? "" };
    if (found === "absent") return this.#isCleanedUp(ref) ? cleanedUp : notFound;
    if (this.#isStale(found, ref)) return { status: "InProgress", message: "Waiting for the change to be observed" };
    const own = found.whole === undefined ? undefined : request.judge?.(found.whole);
    return own ?? found.health;
  }

  /** The metadata watch knows own writes at once: what it calls absent is over, not yet to come. */
  #isCleanedUp(ref: ObjectRef): boolean {
    const { ledger, views } = this.#kit;
    return ledger.get(inventoryId(ref))?.vanishes === true && views.sight(ref) === "absent";
  }

  /** A watch may still show the object from before our write. */
  #isStale({ metadata }: Judged, ref: ObjectRef): boolean {
    const left = this.#kit.ledger.get(inventoryId(ref))?.left;
    return (
      left !== undefined && metadata.uid === left.uid && isOlder(metadata.resourceVersion ?? "", left.resourceVersion)
    );
  }

  #share(ref: ObjectRef, whole: boolean, held: Held): StatusView {
    const key = `${groupKind(ref)}${whole ? " whole" : ""}`;
    const shared = this.#shared.get(key) ?? { view: this.#open(ref, whole), waiters: 0, closing: undefined };
    this.#shared.set(key, shared);
    shared.waiters += 1;
    shared.closing?.[Symbol.dispose]();
    shared.closing = undefined;
    held.defer(() => this.#release(key, shared));
    return shared.view;
  }

  #release(key: string, shared: SharedView): void {
    shared.waiters -= 1;
    if (shared.waiters > 0 || this.#shared.get(key) !== shared) return;
    shared.closing = this.#kit.clock.after(LINGER_MS, () => {
      this.#shared.delete(key);
      shared.view[Symbol.dispose]();
    });
  }

  #open(kind: KindRef, whole: boolean): StatusView {
    return new StatusView({ ...this.#kit, kind: kindOnly(kind), select: { labelSelector: OWNED }, whole });
  }

  #single(ref: ObjectRef, whole: boolean): StatusView {
    const namespace = ref.namespace === undefined ? {} : { namespace: ref.namespace };
    const select = { ...namespace, fieldSelector: `metadata.name=${ref.name}` };
    return new StatusView({ ...this.#kit, kind: kindOnly(ref), select, whole });
  }
}

const cleanedUp: ObjectHealth = { status: "Current", message: "Job was deleted after its time to live" };
const notFound: ObjectHealth = { status: "NotFound", message: "Resource not found" };

function kindOnly({ apiVersion, kind }: KindRef): KindRef {
  return { apiVersion, kind };
}

function isOwner(ref: ObjectRef, owner: OwnerRef): boolean {
  const isKustomization = ref.kind === "Kustomization" && groupOf(ref.apiVersion) === "kustomize.toolkit.fluxcd.io";
  return isKustomization && ref.namespace === owner.namespace && ref.name === owner.name;
}

function settle(report: HealthReport, request: HealthRequest, done: Deferred<HealthReport>): void {
  const statuses = report.objects.map(({ status }) => status);
  if (statuses.every((status) => status === "Current")) done.resolve(report);
  else if (request.failFast !== false && statuses.includes("Failed")) {
    done.reject(new ApplyError("UNHEALTHY", failureMessage(report), { report }));
  }
}

function sameHealth(a: HealthReport, b: HealthReport): boolean {
  return a.objects.every(({ status, message }, index) => {
    const other = b.objects[index];
    return status === other?.status && message === other.message;
  });
}

/** Runs `task` once for all calls of one turn of the event loop: a list of many objects is one change. */
function onceATurn(task: () => void): () => void {
  let scheduled = false;
  return () => {
    if (scheduled) return;
    scheduled = true;
    queueMicrotask(() => {
      scheduled = false;
      task();
    });
  };
}
