import { apply, but, type RecordedCase, create, object, patch, read, update } from "./recorded-case.ts";

const deployment = object(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {app: web}}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - {name: main, image: "nginx:1", env: [{name: A, value: "1"}, {name: B, value: "2"}], ports: [{containerPort: 80}]}
`);

const config = object(`
apiVersion: v1
kind: ConfigMap
metadata: {name: settings, labels: {a: "1"}, annotations: {note: x}}
data: {a: "1", b: "2"}
`);

const service = object(`
apiVersion: v1
kind: Service
metadata: {name: front}
spec: {selector: {app: web}, ports: [{name: http, port: 80}, {name: dns, port: 53, protocol: UDP}]}
`);

const withPorts = (ports: object[]) => but(service, { spec: { ports: ports as never } });
const container = (fields: object) => ({
  spec: { template: { spec: { containers: [{ name: "main", ...fields }] as never } } },
});
const data = (values: { [key: string]: string }) => ({ ...config, metadata: { name: "settings" }, data: values });

/** Server-side apply: who owns what, what is removed, what conflicts. */
export const serverSideApplyCases: readonly RecordedCase[] = [
  { name: "apply creates an object whose applier owns what it sent", steps: [apply(deployment)] },
  { name: "applying the same again changes nothing", steps: [apply(deployment), apply(deployment), read(deployment)] },
  { name: "create owns the defaults too", steps: [create(deployment)] },
  {
    name: "apply over a created object shares equal values",
    steps: [create(deployment, { manager: "maker" }), apply(deployment)],
  },
  {
    name: "apply conflicts with one field of an updater",
    steps: [create(deployment, { manager: "maker" }), apply(but(deployment, { spec: { replicas: 2 } }))],
  },
  {
    name: "apply conflicts with several fields of several managers",
    steps: [
      apply(config, { manager: "one" }),
      patch(config, "merge", { data: { b: "3" } }, { manager: "two" }),
      apply(data({ a: "7", b: "8" }), { manager: "three" }),
    ],
  },
  {
    name: "force takes the fields over",
    steps: [
      create(deployment, { manager: "maker" }),
      apply(but(deployment, { spec: { replicas: 2 } }), { force: true }),
    ],
  },
  {
    name: "an applier that stops sending a field removes it",
    steps: [apply(config), apply(data({ a: "1" })), read(config)],
  },
  {
    name: "a field that another applier shares stays",
    steps: [
      apply(config, { manager: "one" }),
      apply(config, { manager: "two" }),
      apply(data({ a: "1" }), { manager: "one" }),
    ],
  },
  {
    name: "list items that nobody sends any more go, others stay",
    steps: [
      apply(deployment, { manager: "one" }),
      apply(but(deployment, container({ env: [{ name: "C", value: "3" }] })), { manager: "two" }),
      apply(but(deployment, container({ image: "nginx:1", env: [{ name: "B", value: "2" }] })), { manager: "one" }),
    ],
  },
  {
    name: "a list key's default tells items apart",
    steps: [
      apply(
        withPorts([
          { name: "tcp", port: 53 },
          { name: "udp", port: 53, protocol: "UDP" },
        ]),
      ),
      apply(
        withPorts([
          { name: "tcp", port: 53, protocol: "TCP" },
          { name: "udp", port: 53, protocol: "UDP" },
        ]),
      ),
    ],
  },
  {
    name: "removing all of a map leaves none of it",
    steps: [apply(config), apply({ ...config, metadata: { name: "settings" }, data: {} })],
  },
  {
    name: "an atomic map is one field",
    steps: [apply(service), apply(but(service, { spec: { selector: { tier: "x" } } }), { manager: "two" })],
  },
  {
    name: "an update takes fields from an applier",
    steps: [
      apply(deployment),
      patch(deployment, "merge", { spec: { replicas: 3 } }, { manager: "kubectl-edit" }),
      apply(deployment),
    ],
  },
  {
    name: "an update that changes nothing owns nothing",
    steps: [apply(config), patch(config, "merge", { data: { a: "1" } }, { manager: "other" })],
  },
  {
    name: "the updates of one manager are one entry",
    steps: [
      create(config, { manager: "maker" }),
      patch(config, "merge", { data: { c: "1" } }, { manager: "maker" }),
      patch(config, "merge", { data: { c: null, d: "1" } }, { manager: "maker" }),
    ],
  },
  {
    name: "the status is owned through its subresource only",
    steps: [
      apply(but(deployment, { status: { replicas: 3 } })),
      patch(
        deployment,
        "merge",
        { status: { replicas: 2, updatedReplicas: 2 } },
        { manager: "kcm", subresource: "status" },
      ),
    ],
  },
  {
    name: "the status can be applied",
    steps: [
      apply(deployment),
      apply(
        object(
          "{apiVersion: apps/v1, kind: Deployment, metadata: {name: web}, status: {replicas: 1, conditions: [{type: Ready, status: 'True'}]}}",
        ),
        { manager: "kcm", subresource: "status" },
      ),
    ],
  },
  {
    name: "a reset of managedFields forgets all managers",
    steps: [
      apply(config),
      patch(config, "merge", { metadata: { managedFields: [{}] } }, { manager: "other" }),
      apply(data({ a: "2" }), { manager: "new" }),
    ],
  },
  {
    name: "an empty list of managedFields forgets all managers",
    steps: [
      apply(config),
      patch(config, "json", [{ op: "replace", path: "/metadata/managedFields", value: [] }]),
      update(data({ a: "3" })),
    ],
  },
  {
    name: "apply with managedFields is refused",
    steps: [
      apply(but(config, { metadata: { managedFields: [] } })),
      apply(but(config, { metadata: { managedFields: [{ manager: "x" }] } })),
    ],
  },
  { name: "apply refuses unknown fields", steps: [apply(but(deployment, { spec: { replcas: 1 } }))] },
  { name: "apply refuses values of the wrong type", steps: [apply(but(deployment, { spec: { replicas: "1" } }))] },
  {
    name: "apply refuses two items with the same keys",
    steps: [
      apply(
        but(
          deployment,
          container({ image: "a", ports: [{ containerPort: 1 }, { containerPort: 1, protocol: "TCP" }] }),
        ),
      ),
    ],
  },
  {
    name: "apply refuses an item without any key",
    steps: [apply(but(deployment, container({ env: [{ value: "x" }] })))],
  },
  {
    name: "an update may leave duplicate items",
    steps: [
      create(
        but(
          deployment,
          container({
            image: "a",
            env: [
              { name: "A", value: "1" },
              { name: "A", value: "2" },
            ],
          }),
        ),
        { manager: "maker" },
      ),
      apply(but(deployment, container({ image: "a", env: [{ name: "A", value: "3" }] })), { force: true }),
    ],
  },
  {
    name: "items keep their order when another applier adds some",
    steps: [
      apply(deployment, { manager: "one" }),
      apply(
        but(
          deployment,
          container({
            env: [
              { name: "Z", value: "0" },
              { name: "B", value: "2" },
              { name: "Y", value: "0" },
            ],
          }),
        ),
        { manager: "two" },
      ),
      apply(
        but(
          deployment,
          container({
            image: "nginx:1",
            env: [
              { name: "B", value: "2" },
              { name: "A", value: "1" },
            ],
          }),
        ),
        { manager: "one" },
      ),
    ],
  },
  {
    name: "finalizers are a set",
    steps: [
      apply(but(config, { metadata: { finalizers: ["example.com/a"] } }), { manager: "one" }),
      apply(but(config, { metadata: { finalizers: ["example.com/b"] } }), { manager: "two" }),
      apply(config, { manager: "one" }),
      apply(config, { manager: "two" }),
    ],
  },
  {
    name: "kubectl takes over what its client-side apply wrote",
    steps: [
      create(
        but(config, {
          metadata: {
            annotations: {
              "kubectl.kubernetes.io/last-applied-configuration":
                '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"settings","namespace":"default"},"data":{"a":"1"}}',
            },
          },
        }),
        { manager: "kubectl-client-side-apply" },
      ),
      apply(data({ a: "2" }), { manager: "kubectl" }),
      apply(data({ a: "2", b: "9" }), { manager: "kubectl" }),
    ],
  },
  {
    name: "zero values are owned though they are not stored",
    steps: [
      apply(but(deployment, container({ image: "a", env: [{ name: "A", value: "" }], stdin: false, args: [] }))),
      apply(but(deployment, container({ image: "a", env: [{ name: "A", value: "" }], stdin: false, args: [] }))),
    ],
  },
  {
    name: "a quantity in another spelling is another value until it is stored",
    steps: [
      apply(but(deployment, container({ image: "a", resources: { limits: { cpu: "0.5" } } }))),
      apply(but(deployment, container({ image: "a", resources: { limits: { cpu: "0.5" } } }))),
      apply(but(deployment, container({ image: "a", resources: { limits: { cpu: "0.5" } } })), { manager: "two" }),
    ],
  },
  {
    name: "null means that nothing is said",
    steps: [
      apply(deployment),
      apply(but(deployment, { spec: { replicas: null } })),
      apply(but(deployment, { spec: { strategy: null } })),
    ],
  },
  {
    name: "plain text of a secret is owned as it was sent",
    steps: [
      apply(object("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: b}}")),
      apply(object("{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {a: c}}")),
      apply(object("{apiVersion: v1, kind: Secret, metadata: {name: s}, data: {b: Yg==}}")),
    ],
  },
  {
    name: "a volume may change its source",
    steps: [
      apply(but(deployment, { spec: { template: { spec: { volumes: [{ name: "v", emptyDir: {} }] as never } } } })),
      apply(
        but(deployment, {
          spec: { template: { spec: { volumes: [{ name: "v", configMap: { name: "x" } }] as never } } },
        }),
      ),
    ],
  },
  {
    name: "an object without managers gets its first from an apply",
    steps: [
      create(config, { manager: "maker" }),
      patch(config, "json", [{ op: "replace", path: "/metadata/managedFields", value: [{}] }]),
      apply(data({ a: "1", c: "3" })),
    ],
  },
];
