/** Manifests of the kinds that GitOps repositories hold, and of some that nobody knows. */
import fc from "fast-check";
import { either, few, mapping, one, some, sometimes } from "./pick.ts";
import { container, freeForm, labels, podSpec, selector, template } from "./pod.ts";
import { block, keys, name, namespace, scalar, text } from "./scalars.ts";
import { type Mapping, type Value } from "./yaml-text.ts";

/** An object as it is written in a file. */
export interface Manifest extends Mapping {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

interface Metadata extends Mapping {
  readonly name: string;
  readonly namespace?: string | undefined;
  readonly labels?: Mapping | undefined;
  readonly annotations?: Mapping | undefined;
}

const annotations = mapping(
  ["note", "example.com/a", "a10", "a2", "config.kubernetes.io/index", "kubectl.kubernetes.io/x"],
  either<Value>(one("1", "x: y", "$(BASE_0)"), text, scalar),
);

function metadata(isNamespaced: boolean): fc.Arbitrary<Metadata> {
  return fc.record({
    name: name as fc.Arbitrary<string>,
    namespace: isNamespaced ? sometimes(namespace, 4) : fc.constant(undefined),
    labels: sometimes(labels),
    annotations: sometimes(annotations, 4),
  });
}

interface Kind {
  apiVersion: string;
  kind: string;
  isNamespaced?: boolean;
  body: fc.Arbitrary<Mapping>;
}

function manifest({ apiVersion, kind, isNamespaced = true, body }: Kind): fc.Arbitrary<Manifest> {
  return fc.tuple(metadata(isNamespaced), body).map(([meta, rest]) => ({ apiVersion, kind, metadata: meta, ...rest }));
}

function spec(fields: Record<string, fc.Arbitrary<Value>>): fc.Arbitrary<Mapping> {
  return fc.record({ spec: fc.record(fields) });
}

const named = name.map((ref) => ({ name: ref }));
const replicas = sometimes(one(1, 2, 3));
const claim: fc.Arbitrary<Mapping> = fc.record({
  metadata: fc.record({ name: one("data", "logs"), labels: sometimes(labels, 4) }),
  spec: fc.record({ accessModes: one<Value>(["ReadWriteOnce"], []), storageClassName: sometimes(name, 3) }),
});

const workloads: readonly Kind[] = [
  { apiVersion: "apps/v1", kind: "Deployment", body: spec({ replicas, selector: sometimes(selector), template }) },
  {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    body: spec({ replicas, serviceName: name, selector, template, volumeClaimTemplates: sometimes(few(claim, 2)) }),
  },
  { apiVersion: "apps/v1", kind: "DaemonSet", body: spec({ selector, template }) },
  { apiVersion: "v1", kind: "Pod", body: fc.record({ spec: podSpec }) },
  { apiVersion: "batch/v1", kind: "Job", body: spec({ template, selector: sometimes(selector, 5) }) },
  {
    apiVersion: "batch/v1",
    kind: "CronJob",
    body: spec({ schedule: one("* * * * *", "@daily"), jobTemplate: fc.record({ spec: fc.record({ template }) }) }),
  },
  {
    apiVersion: "batch/v1beta1",
    kind: "CronJob",
    body: spec({ jobTemplate: fc.record({ spec: fc.record({ template }) }) }),
  },
];

const servicePort = fc.record({
  port: one(80, 443),
  protocol: sometimes(one("TCP", "UDP")),
  name: sometimes(one("http", "https")),
  targetPort: sometimes(one<Value>(8080, "http")),
});
const data = mapping(keys, either<Value>(text, block));
const plainKinds: readonly Kind[] = [
  {
    apiVersion: "v1",
    kind: "Service",
    body: spec({
      selector: sometimes(labels),
      ports: sometimes(few(servicePort)),
      clusterIP: sometimes(one("None"), 5),
    }),
  },
  {
    apiVersion: "v1",
    kind: "ConfigMap",
    body: fc.record({ data: sometimes(data, 1), immutable: sometimes(one(true), 6) }),
  },
  {
    apiVersion: "v1",
    kind: "Secret",
    body: fc.record({
      type: sometimes(one("Opaque")),
      data: sometimes(mapping(keys, one("eA==", "aGVsbG8="))),
      stringData: sometimes(data, 4),
    }),
  },
  {
    apiVersion: "v1",
    kind: "ServiceAccount",
    body: fc.record({ secrets: sometimes(few(named, 2)), imagePullSecrets: sometimes(few(named, 2)) }),
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    body: spec({ volumeName: sometimes(name), storageClassName: sometimes(name) }),
  },
  {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    body: spec({ minAvailable: one<Value>(1, "50%"), selector }),
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    body: spec({
      podSelector: selector,
      ingress: sometimes(
        few(
          fc.record({
            from: few(
              either<Mapping>(fc.record({ podSelector: selector }), fc.record({ namespaceSelector: selector })),
              2,
            ),
          }),
          2,
        ),
      ),
      egress: sometimes(few(fc.record({ to: few(fc.record({ podSelector: selector }), 1) }), 1)),
    }),
  },
];

const backend = fc.record({ service: fc.record({ name, port: one<Value>({ number: 80 }, { name: "http" }) }) });
const target = fc.record({ apiVersion: one("apps/v1"), kind: one("Deployment", "StatefulSet"), name });
const routing: readonly Kind[] = [
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    body: spec({
      ingressClassName: sometimes(name, 4),
      defaultBackend: sometimes(backend, 4),
      tls: sometimes(few(fc.record({ secretName: name, hosts: one<Value>(["h"], undefined) }), 2)),
      rules: few(
        fc.record({
          host: one("a.b", "*.c"),
          http: fc.record({ paths: few(fc.record({ path: one("/", "/x"), backend }), 2) }),
        }),
        2,
      ),
    }),
  },
  {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    body: spec({ scaleTargetRef: target, maxReplicas: one(3) }),
  },
  {
    apiVersion: "networking.k8s.io/v1",
    kind: "IngressClass",
    isNamespaced: false,
    body: spec({ controller: one("x/y") }),
  },
  {
    apiVersion: "storage.k8s.io/v1",
    kind: "StorageClass",
    isNamespaced: false,
    body: fc.record({ provisioner: one("p") }),
  },
  {
    apiVersion: "v1",
    kind: "PersistentVolume",
    isNamespaced: false,
    body: spec({ claimRef: fc.record({ name, namespace }), storageClassName: sometimes(name) }),
  },
  {
    apiVersion: "scheduling.k8s.io/v1",
    kind: "PriorityClass",
    isNamespaced: false,
    body: fc.record({ value: one(1000) }),
  },
];

const rbac = "rbac.authorization.k8s.io/v1";
const subject = fc.record({
  kind: one("ServiceAccount", "User", "Group"),
  name: name as fc.Arbitrary<string>,
  namespace: sometimes(namespace),
});
const rules = fc.record({
  rules: few(
    fc.record({
      apiGroups: one<Value>([""], ["apps"]),
      resources: one<Value>(["secrets"], ["configmaps", "pods"]),
      resourceNames: sometimes(few(name, 2)),
      verbs: one<Value>(["get"], ["*"]),
    }),
    2,
  ),
});
function roleRef(...kinds: readonly string[]): fc.Arbitrary<Mapping> {
  return fc.record({ apiGroup: one("rbac.authorization.k8s.io"), kind: fc.constantFrom(...kinds), name });
}
const rights: readonly Kind[] = [
  { apiVersion: rbac, kind: "Role", body: rules },
  { apiVersion: rbac, kind: "ClusterRole", isNamespaced: false, body: rules },
  {
    apiVersion: rbac,
    kind: "RoleBinding",
    body: fc.record({ roleRef: roleRef("Role", "ClusterRole"), subjects: sometimes(few(subject), 1) }),
  },
  {
    apiVersion: rbac,
    kind: "ClusterRoleBinding",
    isNamespaced: false,
    body: fc.record({ roleRef: roleRef("ClusterRole"), subjects: few(subject) }),
  },
];

const clientConfig = fc.record({
  service: fc.record({ name, namespace, path: sometimes(one("/x")) }),
  caBundle: sometimes(one("eA==")),
});
const webhook = fc.record({
  name: one("w.example.com", "v.example.com"),
  clientConfig,
  namespaceSelector: sometimes(selector, 4),
});
const clusterWide: readonly Kind[] = [
  { apiVersion: "v1", kind: "Namespace", isNamespaced: false, body: fc.constant({}) },
  {
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    isNamespaced: false,
    body: spec({ service: fc.record({ name, namespace }), group: one("g") }),
  },
  {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    isNamespaced: false,
    body: fc.record({ webhooks: some(webhook, 2) }),
  },
  {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    isNamespaced: false,
    body: spec({
      group: one("example.com"),
      names: one<Value>({ kind: "Foo", plural: "foos" }),
      conversion: sometimes(fc.record({ strategy: one("Webhook"), webhook: fc.record({ clientConfig }) }), 3),
    }),
  },
];

const custom: readonly Kind[] = [
  { apiVersion: "example.com/v1", kind: "Foo", body: fc.record({ spec: freeForm }) },
  {
    apiVersion: "example.com/v1",
    kind: "Foo",
    body: spec({
      config: named,
      items: few(fc.record({ name, value: scalar })),
      template: fc.record({ containers: few(container, 2) }),
    }),
  },
  {
    apiVersion: "example.com/v1beta1",
    kind: "Bar",
    body: fc.record({ spec: mapping(keys, freeForm), status: sometimes(freeForm, 5) }),
  },
  { apiVersion: "serving.knative.dev/v1", kind: "Service", body: spec({ template }) },
  {
    apiVersion: "argoproj.io/v1alpha1",
    kind: "Rollout",
    body: spec({ replicas, selector, template, workloadRef: sometimes(target, 4) }),
  },
  {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    body: spec({ rules: few(fc.record({ backendRefs: few(named, 2) }), 2) }),
  },
];

const families = [workloads, plainKinds, routing, rights, clusterWide, custom];

/** A manifest; workloads come most often, because most transformers are about them. */
export const anyManifest: fc.Arbitrary<Manifest> = fc.oneof(
  { withCrossShrink: true },
  ...families.map((kinds, index) => ({
    weight: [7, 6, 2, 2, 2, 3][index] ?? 1,
    arbitrary: either(...kinds.map(manifest)),
  })),
);
