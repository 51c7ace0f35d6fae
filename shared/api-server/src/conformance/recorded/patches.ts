import { type Json } from "@sluice/base";
import { but, type RecordedCase, create, object, patch, type PatchType } from "./recorded-case.ts";

const config = object(
  '{apiVersion: v1, kind: ConfigMap, metadata: {name: patched, labels: {a: b}}, data: {x: "1", "a.b": "2", l: "3"}}',
);

const deployment = object(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: patched, finalizers: [example.com/a, example.com/b]}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      tolerations: [{key: a, operator: Exists}]
      volumes: [{name: one, emptyDir: {}}, {name: two, configMap: {name: c}}]
      containers:
      - {name: main, image: a, args: [x, y], env: [{name: A, value: "1"}, {name: B, value: "2"}, {name: C, value: "3"}]}
      - {name: side, image: b}
`);

const dryRun = { query: "dryRun=All" };

const onConfig = (type: PatchType, body: Json): RecordedCase["steps"] => [
  create(config),
  patch(config, type, body, dryRun),
];
const onDeployment = (type: PatchType, body: Json): RecordedCase["steps"] => [
  create(but(deployment, { metadata: { finalizers: null } })),
  patch(deployment, type, body, dryRun),
];
const podSpec = (spec: Json): Json => ({ spec: { template: { spec } } });
const containers = (...items: Json[]): Json => podSpec({ containers: items });

const finalizers = (...more: Json[]): Json => [
  { op: "add", path: "/metadata/finalizers", value: ["example.com/a"] },
  ...more,
];

const jsonPatches: readonly (readonly [string, Json])[] = [
  ["a JSON patch adds", [{ op: "add", path: "/data/y", value: "1" }]],
  ["a JSON patch whose test fails is refused", [{ op: "test", path: "/data/x", value: "2" }]],
  ["a JSON patch tests a missing field as null", [{ op: "test", path: "/data/nope", value: null }]],
  ["a JSON patch tests a missing field against a value", [{ op: "test", path: "/data/nope", value: "a" }]],
  ["a JSON patch replaces a missing field by adding it", [{ op: "replace", path: "/data/nope", value: "2" }]],
  ["a JSON patch cannot remove what is not there", [{ op: "remove", path: "/data/nope" }]],
  ["a JSON patch cannot remove below what is not there", [{ op: "remove", path: "/nope/x" }]],
  ["a JSON patch cannot add below what is not there", [{ op: "add", path: "/nope/x", value: "1" }]],
  ["a JSON patch cannot go below a text", [{ op: "replace", path: "/data/x/y", value: "1" }]],
  ["a JSON patch with an unknown operation is refused", [{ op: "bogus", path: "/data/x" }]],
  ["a JSON patch without an operation is refused", [{ path: "/data/x", value: "1" }]],
  ["a JSON patch that is no list is refused", { op: "add" }],
  ["a JSON patch of numbers is refused", [1]],
  ["a JSON patch cannot name the root", [{ op: "add", path: "", value: {} }]],
  ["a JSON patch moves", [{ op: "move", from: "/data/x", path: "/data/y" }]],
  ["a JSON patch cannot move what is not there", [{ op: "move", from: "/data/nope", path: "/data/y" }]],
  ["a JSON patch copies", [{ op: "copy", from: "/data/x", path: "/data/y" }]],
  [
    "a JSON patch unescapes its paths",
    [
      { op: "add", path: "/metadata/annotations", value: {} },
      { op: "add", path: "/metadata/annotations/a.b~1c", value: "~" },
    ],
  ],
  ["a JSON patch appends", finalizers({ op: "add", path: "/metadata/finalizers/-", value: "example.com/b" })],
  ["a JSON patch inserts", finalizers({ op: "add", path: "/metadata/finalizers/0", value: "example.com/b" })],
  [
    "a JSON patch cannot add beyond the end",
    finalizers({ op: "add", path: "/metadata/finalizers/5", value: "example.com/b" }),
  ],
  [
    "a JSON patch counts back from the end",
    finalizers({ op: "replace", path: "/metadata/finalizers/-1", value: "example.com/b" }),
  ],
  ["a JSON patch reads an index with leading zeros", finalizers({ op: "remove", path: "/metadata/finalizers/00" })],
  ["a JSON patch cannot remove beyond the end", finalizers({ op: "remove", path: "/metadata/finalizers/3" })],
  [
    "a JSON patch refuses a word as an index",
    finalizers({ op: "replace", path: "/metadata/finalizers/x", value: "example.com/b" }),
  ],
  ["an empty JSON patch changes nothing", []],
];

const mergePatches: readonly (readonly [string, Json])[] = [
  ["a merge patch sets, removes and merges", { data: { x: null, y: "1" }, metadata: { labels: { c: "d" } } }],
  ["a merge patch that is a list is refused", [1]],
  ["a merge patch that is a text is refused", "a"],
  ["a merge patch that is null is refused", null],
];

const strategicPatches: readonly (readonly [string, Json])[] = [
  ["a strategic merge patch merges containers by name", containers({ name: "side", image: "c" })],
  ["a strategic merge patch adds an item", containers({ name: "new", image: "c" })],
  ["a strategic merge patch deletes an item", containers({ name: "side", $patch: "delete" })],
  ["a strategic merge patch replaces a list", containers({ name: "new", image: "c" }, { $patch: "replace" })],
  ["a strategic merge patch replaces a map", { spec: { strategy: { $patch: "replace", type: "Recreate" } } }],
  [
    "a strategic merge patch keeps only the keys it retains",
    { spec: { strategy: { $retainKeys: ["type"], type: "Recreate" } } },
  ],
  [
    "a strategic merge patch must set only what it retains",
    { spec: { strategy: { $retainKeys: ["rollingUpdate"], type: "Recreate" } } },
  ],
  [
    "a strategic merge patch changes a volume's source",
    podSpec({ volumes: [{ name: "two", $retainKeys: ["name", "secret"], secret: { secretName: "s" } }] }),
  ],
  ["a strategic merge patch replaces an atomic list", containers({ name: "main", args: ["z"] })],
  [
    "a strategic merge patch replaces a list without merge key",
    podSpec({ tolerations: [{ key: "b", operator: "Exists" }] }),
  ],
  ["a strategic merge patch removes a field", containers({ name: "main", args: null })],
  [
    "a strategic merge patch orders a list",
    containers({
      name: "main",
      "$setElementOrder/env": [{ name: "C" }, { name: "A" }, { name: "D" }],
      env: [
        { name: "D", value: "4" },
        { name: "B", $patch: "delete" },
      ],
    }),
  ],
  [
    "a strategic merge patch orders a list without changing it",
    podSpec({ "$setElementOrder/containers": [{ name: "side" }, { name: "main" }] }),
  ],
  ["a strategic merge patch refuses an unknown directive", { spec: { strategy: { $patch: "bogus" } } }],
  ["a strategic merge patch refuses an item without its key", containers({ image: "c" })],
  ["a strategic merge patch that is a list is refused", [1]],
  ["a strategic merge patch refuses an order of an unknown field", { "$setElementOrder/foo": [1] }],
];

const scalarLists: readonly (readonly [string, Json])[] = [
  ["a strategic merge patch adds to a list of texts", { metadata: { finalizers: ["example.com/c"] } }],
  [
    "a strategic merge patch deletes from a list of texts",
    { metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/a"] } },
  ],
  [
    "a strategic merge patch orders a list of texts",
    { metadata: { "$setElementOrder/finalizers": ["example.com/c", "example.com/a"], finalizers: ["example.com/c"] } },
  ],
];

/** JSON, merge and strategic merge patches, in Go's semantics. */
export const patchCases: readonly RecordedCase[] = [
  ...jsonPatches.map(([name, body]) => ({ name, steps: onConfig("json", body) })),
  ...mergePatches.map(([name, body]) => ({ name, steps: onConfig("merge", body) })),
  ...strategicPatches.map(([name, body]) => ({ name, steps: onDeployment("strategic", body) })),
  ...scalarLists.map(([name, body]) => ({
    name,
    steps: [
      create(deployment),
      patch(deployment, "strategic", body, dryRun),
      patch(deployment, "json", [{ op: "remove", path: "/metadata/finalizers" }]),
    ],
  })),
];
