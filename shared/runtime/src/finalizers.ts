import { type KubeObject, refOf } from "@sluice/api";
import { equalJson } from "@sluice/base";
import { isKubeError, type KubeClient } from "@sluice/kube";
import { asCopied, isSameObject } from "./local-copy.ts";

/** Tries at one change before the conflict is given to the caller. */
const TRIES = 5;

export interface FinalizerChange {
  client: KubeClient;
  finalizer: string;
  fieldManager: string;
  how: "add" | "remove";
}

/**
 * Adds or removes one finalizer and leaves others' alone.
 * @returns the object as it then is; undefined if it has vanished, or is being deleted so that nothing can be added.
 * @throws {KubeError}
 */
export async function changeFinalizers<T extends KubeObject>(
  object: T,
  change: FinalizerChange,
): Promise<T | undefined> {
  let current: T | undefined = object;
  for (let attempt = 1; current; attempt++) {
    const finalizers: string[] = current.metadata.finalizers ?? [];
    const wanted = withChange(finalizers, change);
    if (equalJson(wanted, finalizers)) return current;
    if (change.how === "add" && current.metadata.deletionTimestamp) return undefined;
    try {
      return await send(current, wanted, change);
    } catch (thrown) {
      if (isKubeError(thrown, "NOT_FOUND")) return undefined;
      if (!isKubeError(thrown, "CONFLICT") || attempt === TRIES) throw thrown;
      current = await reread(current, change.client);
    }
  }
  return undefined;
}

function withChange(finalizers: readonly string[], { how, finalizer }: FinalizerChange): string[] {
  if (how === "remove") return finalizers.filter((name) => name !== finalizer);
  return finalizers.includes(finalizer) ? [...finalizers] : [...finalizers, finalizer];
}

async function send<T extends KubeObject>(object: T, finalizers: string[], change: FinalizerChange): Promise<T> {
  const { resourceVersion } = object.metadata;
  const body = { metadata: { resourceVersion, finalizers } };
  const { client, fieldManager } = change;
  return asCopied<T>(await client.patch(refOf(object), { type: "merge", body }, { fieldManager }));
}

/** The object as it is now; undefined if it, or this incarnation of it, is gone. */
async function reread<T extends KubeObject>(object: T, client: KubeClient): Promise<T | undefined> {
  try {
    const live = await client.get(refOf(object));
    return isSameObject(live, object) ? asCopied<T>(live) : undefined;
  } catch (thrown) {
    if (isKubeError(thrown, "NOT_FOUND")) return undefined;
    throw thrown;
  }
}
