/**
 * Kubernetes client: credentials, discovery, requests, watches, informers, leases.
 *
 * Imports base, and api's types. Requests go through keep-alive pools of `undici`; the JSON that goes over the wire is the JSON
 * that callers see, nothing is dropped or renamed. Fails with KubeError, whose codes `errors.ts` lists, or with the reason of the
 * AbortSignal that was passed in.
 */
export * from "./client.ts";
export * from "./errors.ts";
export * from "./fixed-credentials.ts";
export * from "./in-cluster.ts";
export * from "./kubeconfig.ts";
export * from "./lease.ts";
export * from "./load-credentials.ts";
export * from "./reflector.ts";
export * from "./types.ts";
