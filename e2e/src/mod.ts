/**
 * Scenarios, conformance and bench on real components, and what starts those: kube-apiserver, etcd,
 * kube-controller-manager, kubectl, nats-server and kustomize, built from the Go module in `kube/`.
 * May import every room. Fails with `E2eError`; where components cannot be had, tests are skipped by name.
 */
export * from "./assets.ts";
export * from "./cluster.ts";
export { defaultControllers } from "./cluster-config.ts";
export * from "./commands.ts";
export * from "./errors.ts";
export * from "./nats.ts";
export * from "./processes.ts";
