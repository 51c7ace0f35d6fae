import fc from "fast-check";
import { either, few, mapping, one, some, sometimes } from "./pick.ts";
import { name, scalar, text } from "./scalars.ts";
import { type Mapping, type Value } from "./yaml-text.ts";

/** Values of the label `app`. */
const app = one("a", "b", "c");
export const labels: fc.Arbitrary<Mapping> = fc.record({ app, tier: sometimes(one("front", "back")) });
export const selector: fc.Arbitrary<Mapping> = fc.record({
  matchLabels: sometimes(labels),
  matchExpressions: sometimes(fc.constant([{ key: "app", operator: "In", values: ["a", "b"] }]), 5),
});

const image: fc.Arbitrary<string> = either<string>(
  one("nginx", "nginx:1.2", "app", "redis@sha256:abc", "reg.io:5000/team/app:v1", "nginx:1@sha256:ff", "team/nginx"),
  one("docker.io/library/nginx:1", "app:{x}", "reg.io:5000/app", "", "redis:", "nginx-extra:2", "localhost/app:1"),
);

/** Text in which variables of the kustomizations stand. */
const withVars = one("--a", "--b=c", "$(BASE_0)", "pre-$(BASE_0)-$(OVERLAY_0)", "$$(BASE_0) $(NONE)", "$(OVERLAY_0)");

const key = one("k", "token");
const valueFrom: fc.Arbitrary<Mapping> = either<Mapping>(
  name.chain((ref) => key.map((k) => ({ configMapKeyRef: { name: ref, key: k } }))),
  name.map((ref) => ({ secretKeyRef: { name: ref, key: "k", optional: true } })),
  fc.constant({ fieldRef: { fieldPath: "metadata.name" } }),
);
const env: fc.Arbitrary<Mapping> = either<Mapping>(
  fc.record({ name: one("A", "B", "C"), value: either<Value>(one("1", "yes"), withVars, text) }),
  fc.record({ name: one("A", "B", "D"), valueFrom }),
);
const port: fc.Arbitrary<Mapping> = fc.record({
  containerPort: one(80, 81, 8080),
  protocol: sometimes(one("TCP", "UDP")),
  name: sometimes(one("http", "udp"), 3),
  hostPort: sometimes(one(80), 5),
});
const resources = one<Mapping>({ limits: { cpu: "1", memory: "1Gi" } }, { requests: { cpu: 0.5 } }, {});
const probe = one<Mapping>({ httpGet: { path: "/", port: 80 } }, { exec: { command: ["true"] } });

export const container: fc.Arbitrary<Mapping> = fc.record({
  name: one("c1", "c2", "c3"),
  image: sometimes(image, 1),
  args: sometimes(few(withVars), 4),
  command: sometimes(few(withVars, 2), 6),
  env: sometimes(few(env), 3),
  envFrom: sometimes(
    some(
      either<Mapping>(
        name.map((ref) => ({ configMapRef: { name: ref } })),
        name.map((ref) => ({ secretRef: { name: ref }, prefix: "P_" })),
      ),
      2,
    ),
    5,
  ),
  ports: sometimes(few(port), 3),
  resources: sometimes(resources, 5),
  livenessProbe: sometimes(probe, 6),
  volumeMounts: sometimes(few(fc.record({ name: one("v", "w"), mountPath: one("/a", "/b", "/c") })), 4),
});

const source: fc.Arbitrary<Mapping> = either<Mapping>(
  fc.constant({ emptyDir: {} }),
  name.map((ref) => ({ configMap: { name: ref, items: [{ key: "k", path: "p" }] } })),
  name.map((ref) => ({ secret: { secretName: ref } })),
  name.map((ref) => ({ persistentVolumeClaim: { claimName: ref } })),
  name.map((ref) => ({ projected: { sources: [{ configMap: { name: ref } }, { secret: { name: ref } }] } })),
);
const volume = fc.tuple(one("v", "w"), source).map(([named, from]) => ({ name: named, ...from }));

const affinity: fc.Arbitrary<Mapping> = selector.map((labelSelector) => ({
  podAntiAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: [{ labelSelector, topologyKey: "zone" }],
    preferredDuringSchedulingIgnoredDuringExecution: [
      { weight: 1, podAffinityTerm: { labelSelector, topologyKey: "z" } },
    ],
  },
}));

/** The spec of a pod. */
export const podSpec: fc.Arbitrary<Mapping> = fc.record({
  containers: some(container, 2),
  initContainers: sometimes(few(container, 2), 4),
  volumes: sometimes(few(volume, 2), 3),
  serviceAccountName: sometimes(name, 3),
  imagePullSecrets: sometimes(
    few(
      name.map((ref) => ({ name: ref })),
      2,
    ),
    5,
  ),
  tolerations: sometimes(few(one<Mapping>({ key: "a", operator: "Exists" }, { key: "b", value: "x" }), 2), 6),
  hostAliases: sometimes(few(one<Mapping>({ ip: "1.2.3.4", hostnames: ["h"] }, { ip: "1.2.3.5" }), 2), 8),
  topologySpreadConstraints: sometimes(
    some(
      selector.map((labelSelector) => ({ topologyKey: "zone", maxSkew: 1, labelSelector })),
      2,
    ),
    7,
  ),
  affinity: sometimes(affinity, 7),
  nodeSelector: sometimes(mapping(["disk", "zone"], one("ssd", "1")), 6),
  securityContext: sometimes(one<Mapping>({ runAsUser: 1000 }, {}), 6),
});

export const template: fc.Arbitrary<Mapping> = fc.record({
  metadata: sometimes(fc.record({ labels: sometimes(labels), annotations: sometimes(mapping(["note", "x"], text)) })),
  spec: podSpec,
});

/** A part of a custom resource: anything, three levels deep. */
export const freeForm: fc.Arbitrary<Value> = fc.letrec<{ value: Value }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    scalar,
    fc.array(tie("value"), { maxLength: 3 }),
    mapping(["a", "b", "a1", "a10", "a2", "B", "a-b", "a.b", "x/y", "on", "é", "name", "__proto__"], tie("value"), 4),
  ),
})).value;
