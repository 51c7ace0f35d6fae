import { type KubeObject, type ObjectRef } from "@sluice/api";

/** Manifests of the scenarios, as text for a repository. */
export function configMap(name: string, data: Readonly<Record<string, string>>, namespace?: string): string {
  return manifest({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, ...(namespace ? { namespace } : {}) },
    data,
  });
}

export function deployment(
  name: string,
  options: {
    replicas?: number;
    image?: string;
    annotations?: Readonly<Record<string, string>>;
    namespace?: string;
  } = {},
): string {
  const { replicas = 0, image = "registry.example.com/app:1", annotations, namespace } = options;
  const labels = { app: name };
  return manifest({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, ...(namespace ? { namespace } : {}), ...(annotations ? { annotations } : {}) },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "app", image }] } },
    },
  });
}

/** JSON is YAML. */
export function manifest(object: object): string {
  return `${JSON.stringify(object, undefined, 2)}\n`;
}

export function configMapRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: "v1", kind: "ConfigMap", namespace, name };
}

export function deploymentRef(namespace: string, name: string): ObjectRef {
  return { apiVersion: "apps/v1", kind: "Deployment", namespace, name };
}

/** One value of a ConfigMap. */
export function dataOf(object: KubeObject | undefined, key: string): string | undefined {
  return (object?.["data"] as Record<string, string> | undefined)?.[key];
}
