import { type Condition, displayRef, type KubeObject, refOf } from "@sluice/api";
import { equalJson, isObject, type JsonObject, ownKey } from "@sluice/base";
import { isKubeError, type KubeClient } from "@sluice/kube";
import { RuntimeError } from "./errors.ts";
import { asCopied, isSameObject } from "./local-copy.ts";
import { applyMergePatch, mergePatchBetween } from "./merge-patch.ts";

/** Tries at one status write before the conflict is given to the caller. */
const TRIES = 6;

export interface StatusWriterOptions<T extends KubeObject> {
  client: KubeClient;
  /** The object as the run read it: its status is what later statuses are compared with. */
  object: T;
  fieldManager: string;
  /** Condition types that this controller writes; others' are kept as they are. */
  ownTypes: ReadonlySet<string>;
  /** Told of each newer state that a write or a conflict brought. */
  onStored?: ((object: T) => void) | undefined;
}

/**
 * Writes the status of one object during one run. A status that is already there is not written. After a conflict only what the run
 * changed is written again, over what others wrote meanwhile.
 */
export class StatusWriter<T extends KubeObject> {
  readonly #options: StatusWriterOptions<T>;
  #object: T;
  /** The status fields that the run knows to be stored. */
  #known: JsonObject;
  /** A status whose write failed in such a way that the server may have stored it. */
  #uncertain: JsonObject | undefined;
  #gone = false;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: StatusWriterOptions<T>) {
    this.#options = options;
    this.#object = options.object;
    this.#known = statusOf(options.object);
  }

  /** The object as it was read or last written. */
  get object(): T {
    return this.#object;
  }

  /** True once the object was found to be gone, or to be another one of the same name: nothing is written any more. */
  get isGone(): boolean {
    return this.#gone;
  }

  /**
   * Makes the object's status equal to `status`, in at most one request unless another writer interferes. Calls are serial; `status` is
   * asked when its turn comes.
   * @throws {RuntimeError} STATUS_CHANGED if another writer changed the same fields; {KubeError}
   */
  write(status: () => JsonObject): Promise<void> {
    const next = this.#last.then(() => this.#write(status()));
    this.#last = next.catch(() => {});
    return next;
  }

  /** Resolves when no write is under way. */
  async idle(): Promise<void> {
    await this.#last;
  }

  async #write(status: JsonObject): Promise<void> {
    for (let attempt = 1; !this.#gone; attempt++) {
      const patch = mergePatchBetween(statusOf(this.#object), this.#wanted(status));
      if (!patch) return;
      try {
        return await this.#send(status, patch);
      } catch (thrown) {
        if (isKubeError(thrown, "CONFLICT") && attempt < TRIES) await this.#reread();
        else if (isKubeError(thrown, "NOT_FOUND")) this.#gone = true;
        else throw thrown;
      }
    }
  }

  async #send(status: JsonObject, patch: JsonObject): Promise<void> {
    const { client, fieldManager } = this.#options;
    const { resourceVersion } = this.#object.metadata;
    const body: JsonObject = { metadata: { resourceVersion }, status: patch };
    try {
      this.#see(
        await client.patch(refOf(this.#object), { type: "merge", body }, { subresource: "status", fieldManager }),
      );
      this.#known = status;
    } catch (thrown) {
      if (!isKubeError(thrown, "CONFLICT", "NOT_FOUND")) this.#uncertain = status;
      throw thrown;
    }
  }

  async #reread(): Promise<void> {
    try {
      const live = await this.#options.client.get(refOf(this.#object));
      if (!isSameObject(live, this.#object)) this.#gone = true;
      else this.#see(live);
    } catch (thrown) {
      if (!isKubeError(thrown, "NOT_FOUND")) throw thrown;
      this.#gone = true;
    }
  }

  #see(answer: KubeObject): void {
    this.#object = asCopied<T>(answer);
    const isOurs = this.#uncertain && equalJson(fieldsOf(statusOf(this.#object)), fieldsOf(this.#uncertain));
    if (isOurs && this.#uncertain) this.#known = this.#uncertain;
    this.#options.onStored?.(this.#object);
  }

  /** The stored status with what the run changed: its fields, and its own condition types. */
  #wanted(status: JsonObject): JsonObject {
    const live = statusOf(this.#object);
    const change = mergePatchBetween(fieldsOf(this.#known), fieldsOf(status)) ?? {};
    const fields = Object.keys(change).filter((field) => this.#isTaken(field, live, status));
    if (fields.length > 0) {
      const message = `Cannot write the status of "${displayRef(refOf(this.#object))}": another writer changed ${fields.join(", ")}`;
      throw new RuntimeError("STATUS_CHANGED", message, { fields });
    }
    return { ...applyMergePatch(live, change), conditions: this.#conditions(status, live) };
  }

  /** True if the stored field is neither what the run found nor what it wants. */
  #isTaken(field: string, live: JsonObject, status: JsonObject): boolean {
    const stored = ownKey(live, field);
    return !equalJson(stored, ownKey(this.#known, field)) && !equalJson(stored, ownKey(status, field));
  }

  /** Our conditions before others'; but a list that says the same in another order stays, so that two writers cannot fight over it. */
  #conditions(status: JsonObject, live: JsonObject): Condition[] {
    const { ownTypes } = this.#options;
    const stored = conditionsOf(live);
    const next = [
      ...conditionsOf(status).filter(({ type }) => ownTypes.has(type)),
      ...stored.filter(({ type }) => !ownTypes.has(type)),
    ];
    const sameMembers = next.length === stored.length && next.every((one) => stored.some((two) => equalJson(one, two)));
    return sameMembers ? stored : next;
  }
}

function statusOf(object: KubeObject): JsonObject {
  return isObject(object["status"]) ? object["status"] : {};
}

/** A status without its conditions. */
export function fieldsOf(status: JsonObject): JsonObject {
  const { conditions: _, ...fields } = status;
  return fields;
}

function conditionsOf(status: JsonObject): Condition[] {
  return (status["conditions"] ?? []) as Condition[];
}
