import { type ObjectRef } from "@sluice/api";
import { type Clock, type Logger } from "@sluice/base";
import { type KubeClient, reflect } from "@sluice/kube";
import { deferred, unlessAborted } from "./deferred.ts";

/** Resolves when the object with this uid no longer exists; another one under its name does not matter. Watches that one object. */
export async function untilGone(
  ref: ObjectRef & { uid: string },
  options: { client: KubeClient; clock: Clock; log: Logger; signal: AbortSignal },
): Promise<void> {
  const { client, clock, log, signal } = options;
  const { namespace, name, uid, apiVersion, kind } = ref;
  const gone = deferred<void>();
  const check = () => {
    if (reflector.isSynced() && reflector.get(ref)?.metadata.uid !== uid) gone.resolve();
  };
  using reflector = reflect(
    client,
    { apiVersion, kind },
    {
      clock,
      log,
      signal,
      ...(namespace === undefined ? {} : { namespace }),
      fieldSelector: `metadata.name=${name}`,
      metadataOnly: true,
      onChange: check,
      onSynced: check,
    },
  );
  await unlessAborted(gone.promise, signal);
}
