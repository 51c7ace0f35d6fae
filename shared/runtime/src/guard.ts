import { type KubeClient } from "@sluice/kube";
import { RuntimeError } from "./errors.ts";

/**
 * A client whose writes are refused once `mayWrite` says no: a leader that was paused cannot keep writing after its lease has run out.
 * @throws {RuntimeError} LEADERSHIP_LOST from every write then
 */
export function guardWrites(client: KubeClient, mayWrite: () => boolean): KubeClient {
  const guard = async <R>(write: () => Promise<R>): Promise<R> => {
    if (!mayWrite()) throw new RuntimeError("LEADERSHIP_LOST", "Cannot write: the leader's lease has run out", {});
    return write();
  };
  return {
    get: (ref, options) => client.get(ref, options),
    list: (kind, options) => client.list(kind, options),
    watch: (kind, options) => client.watch(kind, options),
    resourceOf: (kind, options) => client.resourceOf(kind, options),
    resources: (options) => client.resources(options),
    invalidateDiscovery: () => client.invalidateDiscovery(),
    raw: (request) => (request.method === "GET" ? client.raw(request) : guard(() => client.raw(request))),
    create: (object, options) => guard(() => client.create(object, options)),
    replace: (object, options) => guard(() => client.replace(object, options)),
    apply: (object, options) => guard(() => client.apply(object, options)),
    patch: (ref, patch, options) => guard(() => client.patch(ref, patch, options)),
    delete: (ref, options) => guard(() => client.delete(ref, options)),
    requests: client.requests,
    [Symbol.asyncDispose]: () => client[Symbol.asyncDispose](),
  };
}
