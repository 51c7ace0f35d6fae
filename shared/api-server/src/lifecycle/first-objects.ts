import { type KubeObject } from "@sluice/api";
import { type Resource } from "../discovery/resource.ts";
import { createObject } from "../registry/create.ts";
import { type LifecycleContext } from "./context.ts";

const NAMESPACES = ["default", "kube-node-lease", "kube-public", "kube-system"];
const PRIORITIES: readonly (readonly [name: string, value: number, description: string])[] = [
  [
    "system-cluster-critical",
    2_000_000_000,
    "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
  ],
  [
    "system-node-critical",
    2_000_001_000,
    "Used for system critical pods that must not be moved from their current node.",
  ],
];

/** Creates what every cluster has from the beginning, as far as it is not there yet. */
export function createFirstObjects(cx: LifecycleContext): void {
  for (const name of NAMESPACES)
    ensure(cx, "", "namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name } });
  for (const [name, value, description] of PRIORITIES) {
    const object = {
      apiVersion: "scheduling.k8s.io/v1",
      kind: "PriorityClass",
      metadata: { name },
      value,
      description,
    };
    ensure(cx, "scheduling.k8s.io", "priorityclasses", object);
  }
  ensure(cx, "", "services", {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "kubernetes", namespace: "default", labels: { component: "apiserver", provider: "kubernetes" } },
    spec: { clusterIP: "10.96.0.1", ports: [{ name: "https", port: 443, protocol: "TCP", targetPort: 6443 }] },
  });
}

function ensure({ registry }: LifecycleContext, group: string, plural: string, object: KubeObject): void {
  const resource = registry.catalog.find(group, "v1", plural) as Resource;
  const { namespace, name } = object.metadata;
  if (registry.store.collection(resource.collection).get(namespace ? `${namespace}/${name}` : name)) return;
  createObject(registry, resource, object, { dryRun: false, manager: "kube-apiserver", fieldValidation: "Ignore" });
}
