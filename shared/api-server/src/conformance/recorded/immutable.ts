import { type Json } from "@sluice/base";
import { create, object, patch, type RecordedCase } from "./recorded-case.ts";

const template = "{metadata: {labels: {a: b}}, spec: {containers: [{name: a, image: b}]}}";
const jobTemplate = "{spec: {restartPolicy: Never, containers: [{name: a, image: b}]}}";

/** What may not change once it is stored: a name, the object, and the merge patch that tries. */
const attempts: readonly (readonly [string, string, Json])[] = [
  [
    "a Deployment's selector",
    `{apiVersion: apps/v1, kind: Deployment, metadata: {name: fixed-1}, spec: {replicas: 0, selector: {matchLabels: {a: b}}, template: ${template}}}`,
    { spec: { selector: { matchLabels: { c: "d" } }, template: { metadata: { labels: { c: "d" } } } } },
  ],
  [
    "a ReplicaSet's selector",
    `{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: fixed-2}, spec: {replicas: 0, selector: {matchLabels: {a: b}}, template: ${template}}}`,
    { spec: { selector: { matchLabels: { c: "d" } }, template: { metadata: { labels: { c: "d" } } } } },
  ],
  [
    "a DaemonSet's selector",
    `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: fixed-3}, spec: {selector: {matchLabels: {a: b}}, template: ${template}}}`,
    { spec: { selector: { matchLabels: { c: "d" } }, template: { metadata: { labels: { c: "d" } } } } },
  ],
  [
    "most of a StatefulSet's spec",
    `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: fixed-4}, spec: {replicas: 0, serviceName: a, selector: {matchLabels: {a: b}}, template: ${template}}}`,
    { spec: { serviceName: "b" } },
  ],
  [
    "a Job's template",
    `{apiVersion: batch/v1, kind: Job, metadata: {name: fixed-5}, spec: {suspend: true, template: ${jobTemplate}}}`,
    { spec: { template: { spec: { containers: [{ name: "a", image: "c" }] } } } },
  ],
  [
    "a Job's completions",
    `{apiVersion: batch/v1, kind: Job, metadata: {name: fixed-6}, spec: {template: ${jobTemplate}}}`,
    { spec: { completions: 3 } },
  ],
  [
    "a Job's completion mode",
    `{apiVersion: batch/v1, kind: Job, metadata: {name: fixed-7}, spec: {template: ${jobTemplate}}}`,
    { spec: { completionMode: "Indexed" } },
  ],
  [
    "a Service's cluster address",
    "{apiVersion: v1, kind: Service, metadata: {name: fixed-8}, spec: {clusterIP: 10.0.0.50, ports: [{port: 80}]}}",
    { spec: { clusterIP: "10.0.0.77", clusterIPs: ["10.0.0.77"] } },
  ],
  [
    "a Pod's containers",
    "{apiVersion: v1, kind: Pod, metadata: {name: fixed-9}, spec: {containers: [{name: a, image: b}]}}",
    {
      spec: {
        containers: [
          { name: "a", image: "b" },
          { name: "c", image: "d" },
        ],
      },
    },
  ],
  [
    "a Pod's command",
    "{apiVersion: v1, kind: Pod, metadata: {name: fixed-10}, spec: {containers: [{name: a, image: b}]}}",
    { spec: { containers: [{ name: "a", image: "b", command: ["x"] }] } },
  ],
  [
    "an immutable ConfigMap's data",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: fixed-11}, immutable: true, data: {a: b}}",
    { data: { a: "c" } },
  ],
  [
    "a ConfigMap's immutability",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: fixed-12}, immutable: true, data: {a: b}}",
    { immutable: false },
  ],
  [
    "an immutable ConfigMap's binary data",
    "{apiVersion: v1, kind: ConfigMap, metadata: {name: fixed-13}, immutable: true, data: {a: b}}",
    { binaryData: { x: "YQ==" } },
  ],
  [
    "an immutable Secret's data",
    "{apiVersion: v1, kind: Secret, metadata: {name: fixed-14}, immutable: true, data: {a: YQ==}}",
    { data: { a: "Yg==" } },
  ],
  [
    "a Secret's type",
    "{apiVersion: v1, kind: Secret, metadata: {name: fixed-15}, data: {a: YQ==}}",
    { type: "example.com/other" },
  ],
  [
    "a claim's spec",
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fixed-16}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}}",
    { spec: { accessModes: ["ReadWriteMany"] } },
  ],
  [
    "a claim's size before it is bound",
    "{apiVersion: v1, kind: PersistentVolumeClaim, metadata: {name: fixed-17}, spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 10Gi}}}}",
    { spec: { resources: { requests: { storage: "5Gi" } } } },
  ],
  [
    "a RoleBinding's role",
    "{apiVersion: rbac.authorization.k8s.io/v1, kind: RoleBinding, metadata: {name: fixed-18}, roleRef: {kind: ClusterRole, name: view}}",
    { roleRef: { name: "edit" } },
  ],
  [
    "a ClusterRoleBinding's role",
    "{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {name: fixed-19}, roleRef: {kind: ClusterRole, name: view}}",
    { roleRef: { name: "edit" } },
  ],
  [
    "a StorageClass's provisioner",
    "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fixed-20}, provisioner: example.com/a}",
    { provisioner: "example.com/b" },
  ],
  [
    "a StorageClass's parameters and policy",
    "{apiVersion: storage.k8s.io/v1, kind: StorageClass, metadata: {name: fixed-21}, provisioner: example.com/a, parameters: {a: b}}",
    { parameters: { a: "c" }, reclaimPolicy: "Retain", volumeBindingMode: "WaitForFirstConsumer" },
  ],
  [
    "an IngressClass's controller",
    "{apiVersion: networking.k8s.io/v1, kind: IngressClass, metadata: {name: fixed-22}, spec: {controller: example.com/a}}",
    { spec: { controller: "example.com/b" } },
  ],
  [
    "a PriorityClass's value",
    "{apiVersion: scheduling.k8s.io/v1, kind: PriorityClass, metadata: {name: fixed-23}, value: 10}",
    { value: 20 },
  ],
  [
    "a PersistentVolume's source",
    "{apiVersion: v1, kind: PersistentVolume, metadata: {name: fixed-24}, spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /x}}}",
    { spec: { hostPath: { path: "/y" } } },
  ],
  [
    "an EndpointSlice's address type",
    "{apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: {name: fixed-25}, addressType: IPv4, endpoints: []}",
    { addressType: "IPv6" },
  ],
  [
    "a RuntimeClass's handler",
    "{apiVersion: node.k8s.io/v1, kind: RuntimeClass, metadata: {name: fixed-26}, handler: a}",
    { handler: "b" },
  ],
];

/** Changes that are refused, and a few that look alike and are not. */
export const immutableCases: readonly RecordedCase[] = [
  ...attempts.map(([name, manifest, change]): RecordedCase => {
    const body = object(manifest);
    return {
      name: `${name} cannot change`,
      steps: [create(body), patch(body, "merge", change, { query: "dryRun=All" })],
    };
  }),
  ...(
    [
      [
        "a Pod's image can change",
        "{apiVersion: v1, kind: Pod, metadata: {name: open}, spec: {containers: [{name: a, image: b}]}}",
        { spec: { containers: [{ name: "a", image: "c" }] } },
      ],
      [
        "a StatefulSet's replicas can change",
        `{apiVersion: apps/v1, kind: StatefulSet, metadata: {name: open}, spec: {replicas: 0, selector: {matchLabels: {a: b}}, template: ${template}}}`,
        { spec: { replicas: 0, minReadySeconds: 5 } },
      ],
      [
        "a DaemonSet's template has a generation",
        `{apiVersion: apps/v1, kind: DaemonSet, metadata: {name: open}, spec: {selector: {matchLabels: {a: b}}, template: ${template}}}`,
        { spec: { template: { metadata: { labels: { c: "d" } } } } },
      ],
      [
        "a Secret can become immutable",
        "{apiVersion: v1, kind: Secret, metadata: {name: open}, data: {a: YQ==}}",
        { immutable: true },
      ],
      [
        "a ConfigMap's labels can change though it is immutable",
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: open}, immutable: true, data: {a: b}}",
        { metadata: { labels: { a: "b" } } },
      ],
    ] as const
  ).map(([name, manifest, change]): RecordedCase => {
    const body = object(manifest);
    return { name, steps: [create(body), patch(body, "merge", change as unknown as Json, { query: "dryRun=All" })] };
  }),
];
