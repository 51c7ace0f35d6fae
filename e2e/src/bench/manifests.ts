import { type KubeObject } from "@sluice/api";
import { stringifyJson } from "@sluice/base";

/** Namespace of the objects that are applied. */
export const WORKLOADS = "bench-workloads";

/** The four objects of one Kustomization; `version` is in every one of them. */
export function objectsOf(index: number, version: string, namespace: string): KubeObject[] {
  const name = `app-${String(index).padStart(4, "0")}`;
  const metadata = { name, namespace, labels: { app: name, version } };
  const selector = { app: name };
  return [
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata,
      spec: {
        replicas: 0,
        selector: { matchLabels: selector },
        template: {
          metadata: { labels: { app: name, version } },
          spec: {
            serviceAccountName: name,
            containers: [
              {
                name: "app",
                image: `registry.example.com/${name}:1.0.0`,
                ports: [{ name: "http", containerPort: 8080 }],
              },
            ],
          },
        },
      },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata,
      spec: { selector, ports: [{ name: "http", port: 80, targetPort: "http" }] },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata,
      spec: {
        rules: [
          {
            host: `${name}.example.com`,
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name, port: { name: "http" } } } }],
            },
          },
        ],
      },
    },
  ];
}

/** The files of one Kustomization's folder, `apps/<index>`. */
export function filesOf(index: number, version: string): Record<string, string> {
  const folder = `apps/${index}`;
  const objects = objectsOf(index, version, WORKLOADS);
  return Object.fromEntries(
    objects.map((object) => [`${folder}/${object.kind.toLowerCase()}.yaml`, `${stringifyJson(object)}\n`]),
  );
}
