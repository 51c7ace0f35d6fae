import { displayRef, type ObjectRef } from "@sluice/api";
import { messageOf } from "@sluice/base";
import { isKubeError } from "@sluice/kube";
import { mapLimit } from "./deferred.ts";
import { ApplyError } from "./errors.ts";
import { isUnreachable, statusOf } from "./failures.ts";
import { untilGone } from "./gone.ts";
import { refOfEntry } from "./inventory.ts";
import { elsewhere } from "./elsewhere.ts";
import { type Kit } from "./kit.ts";
import { type Live, liveOf, ownerKey } from "./live.ts";
import { compareForApply, runsOfOneKind, stageNames, stageOf } from "./order.ts";
import { type InventoryEntry, type PruneRequest, type PruneResult } from "./types.ts";

/** What became of one entry. */
type Fate =
  | { entry: InventoryEntry; end: "deleted"; ref: ObjectRef; uid: string }
  | { entry: InventoryEntry; end: "settled" }
  | { entry: InventoryEntry; end: "survives"; message: string; cause: unknown };

/** How often a delete is tried when the object changes between look and delete. */
const TRIES = 3;

class NotLeading extends Error {}

/** One prune from plan to end. Used once. */
export class PruneRun {
  readonly #kit: Kit;
  readonly #request: PruneRequest;
  readonly #signal: AbortSignal;
  readonly #owner: string;
  readonly #fates = new Map<InventoryEntry, Fate>();

  constructor(kit: Kit, request: PruneRequest, signal: AbortSignal) {
    this.#kit = kit;
    this.#request = request;
    this.#signal = signal;
    this.#owner = ownerKey(request.owner);
  }

  async run(): Promise<PruneResult> {
    const readable = this.#request.stale.flatMap((entry) => this.#read(entry));
    const ordered = readable.sort((a, b) => this.#compare(b.ref, a.ref));
    try {
      for (const batch of runsOfOneKind(ordered, ({ ref }) => ref.kind)) {
        await mapLimit(batch, this.#kit.concurrency, (one) => this.#pruneOne(one.entry, one.ref));
      }
      if (this.#request.waitGone === true) await this.#waitGone();
    } catch (error) {
      throw this.#ending(error);
    }
    return this.#result();
  }

  /** An entry that names no object is kept and told of: what it meant must not be guessed. */
  #read(entry: InventoryEntry): { entry: InventoryEntry; ref: ObjectRef }[] {
    try {
      return [{ entry, ref: refOfEntry(entry) }];
    } catch (error) {
      if (!(error instanceof ApplyError)) throw error;
      this.#fates.set(entry, { entry, end: "survives", message: error.message, cause: error });
      return [];
    }
  }

  #compare(a: ObjectRef, b: ObjectRef): number {
    const stage = (ref: ObjectRef) => stageNames.indexOf(stageOf(ref, this.#kit.customKinds));
    return stage(a) - stage(b) || compareForApply(a, b);
  }

  async #pruneOne(entry: InventoryEntry, ref: ObjectRef): Promise<void> {
    this.#signal.throwIfAborted();
    if (!this.#request.canWrite()) throw new NotLeading();
    try {
      this.#fates.set(entry, await this.#delete(entry, ref));
    } catch (error) {
      this.#signal.throwIfAborted();
      if (isUnreachable(error)) throw error;
      const { reason, message } = statusOf(error);
      const why = `${displayRef(ref)} delete failed${reason === "" ? "" : ` (${reason})`}: ${message}`;
      this.#fates.set(entry, { entry, end: "survives", message: why, cause: error });
    }
  }

  async #delete(entry: InventoryEntry, ref: ObjectRef): Promise<Fate> {
    try {
      return await this.#deleteIn(entry, ref);
    } catch (error) {
      if (!isKubeError(error, "KIND_NOT_SERVED")) throw error;
      const place = await elsewhere(ref, { client: this.#kit.client, signal: this.#signal });
      if (place === "withheld") throw error;
      return place === "gone" ? { entry, end: "settled" } : this.#deleteIn(entry, place);
    }
  }

  async #deleteIn(entry: InventoryEntry, ref: ObjectRef): Promise<Fate> {
    for (let attempt = 1; ; attempt += 1) {
      const live = await this.#find(ref, attempt > 1);
      this.#kit.ledger.drop(this.#owner, entry.id); // its end is no drift
      if (live === undefined || !this.#mayDelete(live)) return { entry, end: "settled" };
      const { uid, resourceVersion } = live;
      try {
        await this.#kit.client.delete(ref, { propagation: "Background", uid, resourceVersion });
        return { entry, end: "deleted", ref, uid };
      } catch (error) {
        if (isKubeError(error, "NOT_FOUND")) return { entry, end: "settled" };
        if (attempt === TRIES || !isKubeError(error, "CONFLICT")) throw error;
      }
    }
  }

  /** What is known of the object: from the watch where there is one, else from the server. Undefined if it is gone. */
  async #find(ref: ObjectRef, fresh: boolean): Promise<Live | undefined> {
    const sight = fresh ? "unknown" : this.#kit.views.sight(ref);
    if (sight === "absent") return undefined;
    if (sight !== "unknown") return sight;
    try {
      const { metadata } = await this.#kit.client.get(ref, { metadataOnly: true, signal: this.#signal });
      return liveOf(metadata, this.#kit.managers);
    } catch (error) {
      if (isKubeError(error, "NOT_FOUND")) return undefined;
      throw error;
    }
  }

  /** Only what carries this owner's labels, and does not ask to be kept. */
  #mayDelete({ claim, policy }: Live): boolean {
    return claim === this.#owner && !policy.keep && !policy.excluded;
  }

  async #waitGone(): Promise<void> {
    const deleted = [...this.#fates.values()].filter((fate) => fate.end === "deleted");
    await mapLimit(deleted, deleted.length, ({ ref, uid }) => this.#untilGone(ref, uid));
  }

  /** By the shared watch where the object is in it, else by a watch of its own. */
  async #untilGone(ref: ObjectRef, uid: string): Promise<void> {
    if (this.#kit.views.sight(ref) === "unknown")
      await untilGone({ ...ref, uid }, { ...this.#kit, signal: this.#signal });
    else await this.#kit.views.whenGone(ref, uid, this.#signal);
  }

  #ending(error: unknown): unknown {
    const progress = { inventory: [], changes: [] };
    if (error instanceof NotLeading) {
      return new ApplyError(
        "NOT_LEADING",
        "Prune stopped: this process no longer leads",
        { progress },
        { cause: error },
      );
    }
    if (!this.#signal.aborted && isUnreachable(error)) {
      return new ApplyError("UNREACHABLE", `Prune stopped: ${messageOf(error)}`, { progress }, { cause: error });
    }
    if (!this.#signal.aborted) return error;
    return new ApplyError("INTERRUPTED", "Prune interrupted", { progress }, { cause: this.#signal.reason });
  }

  #result(): PruneResult {
    const fates = this.#request.stale.flatMap((entry) => this.#fates.get(entry) ?? []);
    return {
      deleted: fates.flatMap((fate) => (fate.end === "deleted" ? [fate.ref] : [])),
      settled: fates.flatMap((fate) => (fate.end === "survives" ? [] : [fate.entry])),
      survivors: fates.flatMap((fate) =>
        fate.end === "survives" ? [{ entry: fate.entry, message: fate.message, cause: fate.cause }] : [],
      ),
    };
  }
}
