import { type KubeObject } from "@sluice/api";
import { type Resource } from "../discovery/resource.ts";
import { type RegistryContext } from "../registry/context.ts";
import { createObject } from "../registry/create.ts";
import { CONTROLLER_MANAGER } from "./context.ts";

/** Puts into a namespace what every namespace has: the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`. */
export function namespaceDefaults(cx: RegistryContext, namespace: string): void {
  ensure(cx, "serviceaccounts", { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default", namespace } });
  const annotations = {
    "kubernetes.io/description":
      "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.",
  };
  ensure(cx, "configmaps", {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "kube-root-ca.crt", namespace, annotations },
    data: { "ca.crt": "" },
  });
}

function ensure(cx: RegistryContext, plural: string, object: KubeObject): void {
  const resource = cx.catalog.find("", "v1", plural) as Resource;
  const key = `${object.metadata.namespace}/${object.metadata.name}`;
  if (cx.store.collection(resource.collection).get(key)) return;
  createObject(cx, resource, object, { dryRun: false, manager: CONTROLLER_MANAGER, fieldValidation: "Ignore" });
}
