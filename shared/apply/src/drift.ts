import { type ObjectMeta, type ObjectRef } from "@sluice/api";
import { displayPath, type FieldSet, lostFields, ownersOf } from "./fields.ts";
import { type Applied, FieldPool, type Ledger } from "./ledger.ts";
import { type Live, ourEntry, ownerOf } from "./live.ts";
import { difference, type Sight } from "./plan.ts";
import { type Drift } from "./types.ts";

/** At most so many fields are named in one drift. */
const NAMED_FIELDS = 20;

type Loss = Pick<Drift, "fields" | "managers">;
const NO_LOSS: Loss = { fields: [], managers: [] };

/** Turns what watches show into drift: compares it with the ledger and tells each difference once. */
export class DriftDetector {
  readonly #ledger: Ledger;
  readonly #manager: string;
  readonly #pool = new FieldPool();
  readonly #listeners = new Set<(drift: Drift) => void>();
  /** Objects with a write under way: what is seen of them is judged when the write has returned. */
  readonly #writing = new Map<string, number>();
  /** The last difference told of each object, so that it is not told again. */
  readonly #told = new Map<string, string>();
  /** Which fields an object had lost when it was last seen changed. */
  readonly #losses = new Map<string, Loss>();

  constructor(ledger: Ledger, manager: string) {
    this.#ledger = ledger;
    this.#manager = manager;
  }

  listen(listener: (drift: Drift) => void): Disposable {
    this.#listeners.add(listener);
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** Remembers which fields an own write left us with. */
  keepFields(metadata: ObjectMeta, live: Live): void {
    const entry = ourEntry(metadata.managedFields, this.#manager);
    if (live.ours !== undefined && entry?.fieldsV1 !== undefined)
      this.#pool.keep(live.ours, entry.fieldsV1 as FieldSet);
  }

  /** To be called with an object's metadata while its managedFields are at hand. */
  inspect(id: string, metadata: ObjectMeta, live: Live): void {
    const applied = this.#ledger.get(id);
    if (applied === undefined || applied.left.ours === live.ours) this.#losses.delete(id);
    else this.#losses.set(id, this.#lossOf(applied, metadata));
  }

  #lossOf(applied: Applied, metadata: ObjectMeta): Loss {
    const before = this.#pool.get(applied.left.ours);
    const entries = metadata.managedFields ?? [];
    if (before === undefined) return NO_LOSS;
    const now = ourEntry(entries, this.#manager)?.fieldsV1 ?? {};
    const lost = lostFields(before, now as FieldSet, NAMED_FIELDS);
    return { fields: lost.map(displayPath), managers: ownersOf(lost, entries, this.#manager) };
  }

  /** A write of `id` is under way. */
  beginWrite(id: string): void {
    this.#writing.set(id, (this.#writing.get(id) ?? 0) + 1);
  }

  /** The write has returned, and the ledger knows its outcome; `sight` is what is known of the object now. */
  endWrite(id: string, ref: ObjectRef, sight: Sight): void {
    const others = (this.#writing.get(id) ?? 1) - 1;
    if (others > 0) this.#writing.set(id, others);
    else this.#writing.delete(id);
    this.judge(id, ref, sight);
  }

  /** Tells the listeners if the object differs from how it was left and they have not heard of this difference. */
  judge(id: string, ref: ObjectRef, sight: Sight): void {
    if (this.#writing.has(id)) return;
    const applied = this.#ledger.get(id);
    const found = applied && difference(applied, sight);
    const change = found === "deleted" && applied?.vanishes ? undefined : found;
    if (applied === undefined || change === undefined || change === "unknown") {
      this.#told.delete(id);
      return;
    }
    const signature = typeof sight === "string" ? sight : `${change} ${sight.uid} ${sight.ours} ${sight.claim}`;
    if (this.#told.get(id) === signature) return;
    this.#told.set(id, signature);
    this.#tell(driftOf({ applied, ref, change, sight, loss: this.#losses.get(id) ?? NO_LOSS }));
  }

  /** Tells the owner of `replaced` that another one has applied its object. */
  takenOver(replaced: Applied, by: string): void {
    this.#tell({
      owner: ownerOf(replaced.owner),
      ref: replaced.ref,
      change: "claimed",
      ...NO_LOSS,
      claimedBy: ownerOf(by),
    });
  }

  #tell(drift: Drift): void {
    for (const listener of this.#listeners) listener(drift);
  }
}

function driftOf(facts: {
  applied: Applied;
  ref: ObjectRef;
  change: "deleted" | "claimed" | "changed" | "policy";
  sight: Sight;
  loss: Loss;
}): Drift {
  const { applied, ref, change, sight, loss } = facts;
  const owner = ownerOf(applied.owner);
  const claim = typeof sight === "string" ? undefined : sight.claim;
  if (change === "claimed" && claim !== undefined) {
    return { owner, ref, change, ...NO_LOSS, claimedBy: ownerOf(claim) };
  }
  if (change === "claimed" || change === "changed") return { owner, ref, change: "changed", ...loss };
  return { owner, ref, change, ...NO_LOSS };
}
