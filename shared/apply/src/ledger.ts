import { type ObjectRef } from "@sluice/api";
import { type FieldSet } from "./fields.ts";
import { type Live } from "./live.ts";

/** How the last apply left one object. */
export interface Applied {
  /** Key of the owner that applied it. */
  readonly owner: string;
  readonly ref: ObjectRef;
  /** Digest of what was sent. */
  readonly digest: string;
  /** The object's metadata right after. */
  readonly left: Live;
  /** It was skipped although it exists (`IfNotPresent`, `reconcile: disabled`): only its end, or another policy, matters. */
  readonly leftAlone?: true;
  /** A Job that Kubernetes deletes some time after it has finished: its end is no drift. */
  readonly vanishes?: true;
}

/** What one owner has applied. */
interface Account {
  ids: Set<string>;
  /** True after an apply that succeeded as a whole. */
  complete: boolean;
}

/** In memory: how each object was left, by inventory id and by owner. Lost with the process, rebuilt by applying. */
export class Ledger {
  readonly #applied = new Map<string, Applied>();
  readonly #accounts = new Map<string, Account>();

  get(id: string): Applied | undefined {
    return this.#applied.get(id);
  }

  /** The record of `id`, if `owner` was the last to apply it. */
  of(owner: string, id: string): Applied | undefined {
    const applied = this.#applied.get(id);
    return applied?.owner === owner ? applied : undefined;
  }

  /** Records one object; returns the record that it replaces. */
  set(id: string, applied: Applied): Applied | undefined {
    const before = this.#applied.get(id);
    this.#applied.set(id, applied);
    this.#account(applied.owner).ids.add(id);
    return before;
  }

  /** The object was deleted on purpose, or is about to be. */
  drop(owner: string, id: string): void {
    if (this.#applied.get(id)?.owner === owner) this.#applied.delete(id);
    this.#accounts.get(owner)?.ids.delete(id);
  }

  /** An apply has begun or failed: until one succeeds, the owner is not steady. */
  open(owner: string): void {
    this.#account(owner).complete = false;
  }

  /** An apply of exactly `ids` succeeded; what the owner had besides is no longer its own. */
  close(owner: string, ids: ReadonlySet<string>): void {
    const account = this.#account(owner);
    for (const id of account.ids) if (!ids.has(id)) this.drop(owner, id);
    account.ids = new Set(ids);
    account.complete = true;
  }

  isComplete(owner: string): boolean {
    return this.#accounts.get(owner)?.complete ?? false;
  }

  idsOf(owner: string): ReadonlySet<string> {
    return this.#accounts.get(owner)?.ids ?? new Set();
  }

  forget(owner: string): void {
    for (const id of this.idsOf(owner)) if (this.#applied.get(id)?.owner === owner) this.#applied.delete(id);
    this.#accounts.delete(owner);
  }

  #account(owner: string): Account {
    const account = this.#accounts.get(owner) ?? { ids: new Set<string>(), complete: false };
    this.#accounts.set(owner, account);
    return account;
  }
}

/** How many different field sets are kept; objects of one shape share one. */
const POOL_SIZE = 2_000;

/** Field sets by digest, kept to name the fields of a drift; the oldest go first. */
export class FieldPool {
  readonly #texts = new Map<string, string>();

  /** Keeps a set. As text, which takes a fraction of the memory of its parsed form. */
  keep(digest: string, fields: FieldSet): void {
    if (this.#texts.has(digest)) return;
    if (this.#texts.size >= POOL_SIZE) for (const oldest of this.#texts.keys()) if (this.#texts.delete(oldest)) break;
    this.#texts.set(digest, JSON.stringify(fields));
  }

  get(digest: string | undefined): FieldSet | undefined {
    const text = digest === undefined ? undefined : this.#texts.get(digest);
    return text === undefined ? undefined : (JSON.parse(text) as FieldSet);
  }
}
