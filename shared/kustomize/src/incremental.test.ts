import { atOnce, type JsonObject, type Steps } from "@sluice/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { build, buildInSteps, type BuildOptions } from "./build.ts";
import { BuildCache } from "./cache.ts";
import { KustomizeError } from "./errors.ts";
import { memoryTree, type FileTree } from "./file-tree.ts";
import { openApiSchema } from "./open-api-schema.ts";
import { type RemoteSource } from "./remotes.ts";

type Files = Readonly<Record<string, string>>;

/** All that a build gives, or all that its error says. */
function outcome(tree: FileTree, path: string, options: BuildOptions): object {
  return atOnce(outcomeInSteps(tree, path, options));
}

function* outcomeInSteps(tree: FileTree, path: string, options: BuildOptions): Steps<object> {
  try {
    const { objects, origins, inputs, warnings } = yield* buildInSteps(tree, path, options);
    const { files, directories, links } = inputs;
    return { objects, origins, warnings, files: [...files], directories: [...directories], links: [...(links ?? [])] };
  } catch (thrown) {
    if (!(thrown instanceof KustomizeError)) throw thrown;
    return { code: thrown.code, message: thrown.message, chain: thrown.data.chain, place: thrown.data.place };
  }
}

const FOLDERS = ["prod", "dev", "apps", "apps/web", "db", "parts"] as const;

/** The lines that a kustomization may have; each alone is valid, together they may clash. */
const lines = fc.uniqueArray(
  fc.constantFrom(
    ...["namePrefix: p-", "nameSuffix: -s", "namespace: n", "namespace: m", "commonLabels: {team: t}"],
    "labels: [{pairs: {a: b}, includeSelectors: true}]",
    "configMapGenerator: [{name: settings, literals: [a=b]}]",
    "configMapGenerator: [{name: settings, behavior: merge, literals: [c=d], files: [data.txt]}]",
    "secretGenerator: [{name: token, envs: [data.txt]}]",
    "patches: [{path: patch.yaml, target: {kind: Deployment}}]",
    "patches: [{path: patch.yaml}]",
    "images: [{name: app, newTag: v2}]",
    "components: [../parts]",
    "configurations: [fields.yaml]",
    "openapi: {path: schema.json}",
    "openapi: {version: v1.21.2}",
    "vars: [{name: NAME, objref: {apiVersion: v1, kind: ConfigMap, name: settings}}]",
    "replicas: [{name: web, count: 3}]",
    "generators: [generator.yaml]",
  ),
  { maxLength: 4, selector: (line) => line.split(":")[0] ?? "" },
);

const resources = fc.uniqueArray(
  fc.constantFrom("own.yaml", "other.yaml", "../apps", "../db", "web", "../apps/web", "../prod", "absent.yaml"),
  { maxLength: 3 },
);

const kustomization = fc
  .record({ resources, lines, isComponent: fc.boolean() })
  .map(({ resources: entries, lines: fields, isComponent }) =>
    [`resources: [${entries.join(", ")}]`, ...fields, ...(isComponent ? ["kind: Component"] : []), ""].join("\n"),
  );

function deployment(name: string, image: string): string {
  const spec = `{template: {spec: {containers: [{name: app, image: ${image}, args: [$(NAME)]}]}}}`;
  return `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: ${name}}\nspec: ${spec}\n`;
}

const leaf = fc.oneof(
  fc.record({ name: fc.constantFrom("own.yaml", "other.yaml"), text: manifests() }),
  fc.record({ name: fc.constant("data.txt"), text: fc.constantFrom("k=v\n", "k=w\n", "\n") }),
  fc.record({
    name: fc.constant("patch.yaml"),
    text: fc.constantFrom("web", "db").map((name) => deployment(name, "patched")),
  }),
  fc.record({
    name: fc.constant("fields.yaml"),
    text: fc.constantFrom("images: [{path: spec/image}]\n", "varReference: [{path: spec/x}]\n"),
  }),
  fc.record({ name: fc.constant("schema.json"), text: fc.constantFrom('{"definitions": {}}', '{"paths": {}}') }),
  fc.record({
    name: fc.constant("generator.yaml"),
    text: fc.constantFrom("apiVersion: builtin\nkind: ConfigMapGenerator\nmetadata: {name: made}\nliterals: [a=b]\n"),
  }),
);

function manifests(): fc.Arbitrary<string> {
  const one = fc.record({ name: fc.constantFrom("web", "db", "job"), image: fc.constantFrom("app:v1", "other") });
  return fc
    .array(one, { minLength: 1, maxLength: 3 })
    .map((all) => all.map(({ name, image }) => deployment(name, image)).join("---\n"));
}

/** A new text for a file, or its removal. */
const edit = fc.record({
  folder: fc.constantFrom(...FOLDERS),
  file: fc.oneof(
    { weight: 2, arbitrary: leaf },
    kustomization.map((text) => ({ name: "kustomization.yaml", text })),
  ),
  removed: fc.boolean().chain((maybe) => (maybe ? fc.boolean() : fc.constant(false))),
});
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

const START: Files = {
  "prod/kustomization.yaml": "resources: [../apps, ../db]\nnamePrefix: prod-\ncomponents: [../parts]\n",
  "dev/kustomization.yaml": "resources: [../apps]\nnamespace: dev\n",
  "apps/kustomization.yaml": "resources: [web]\nconfigMapGenerator: [{name: settings, literals: [a=b]}]\n",
  "apps/web/kustomization.yaml": "resources: [own.yaml]\ncommonLabels: {app: web}\n",
  "apps/web/own.yaml": deployment("web", "app:v1"),
  "db/kustomization.yaml": "resources: [own.yaml]\n",
  "db/own.yaml": deployment("db", "app:v1"),
  "parts/kustomization.yaml": "kind: Component\nimages: [{name: app, newTag: v3}]\n",
};

function edited(files: Files, { folder, file, removed }: Edit): Files {
  const path = `${folder}/${file.name}`;
  const rest = Object.fromEntries(Object.entries(files).filter(([each]) => each !== path));
  return removed ? rest : { ...rest, [path]: file.text };
}

test("a build with a warm cache equals one with a cold cache and one without, whatever is edited in between", () => {
  const edits = fc.array(edit, { minLength: 1, maxLength: 12 });
  const options = fc.record({
    loadRestriction: fc.constantFrom("none" as const, "root-only" as const),
    limits: fc.constantFrom({}, { depth: 3 }, { kustomizations: 4 }, { resources: 3 }),
  });
  let reused = 0;
  const property = fc.property(edits, fc.array(options, { minLength: 1, maxLength: 2 }), (changes, settings) => {
    const cache = new BuildCache();
    let files = START;
    for (const change of changes) {
      const tree = memoryTree(files);
      for (const path of FOLDERS) {
        for (const setting of settings) {
          const warm = outcome(tree, path, { ...setting, cache });
          expect(warm).toEqual(outcome(tree, path, setting));
          expect(warm).toEqual(outcome(tree, path, { ...setting, cache: new BuildCache() }));
        }
      }
      files = edited(files, change);
    }
    reused += cache.counts.basesReused;
  });
  fc.assert(property, { numRuns: 25 });
  expect(reused).toBeGreaterThan(150);
}, 120_000);

test("builds that share a cache and are under way at the same time come out as each of them alone", () => {
  let together = 0;
  const turns = fc.array(fc.nat(), { minLength: 1, maxLength: 20 });
  const property = fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), turns, (changes, order) => {
    const cache = new BuildCache();
    const revisions = [START, changes.reduce(edited, START)].map((files) => memoryTree(files));
    const works = revisions.flatMap((tree) =>
      FOLDERS.map((path) => ({ alone: outcome(tree, path, {}), steps: outcomeInSteps(tree, path, { cache }) })),
    );
    for (let at = 0; works.length > 0; at += 1) {
      const index = ((order[at % order.length] ?? 0) + at) % works.length;
      const { alone, steps } = works[index]!;
      const step = steps.next();
      if (step.done !== true) continue;
      expect(step.value).toEqual(alone);
      works.splice(index, 1);
    }
    together += cache.counts.basesReused;
  });
  fc.assert(property, { numRuns: 50 });
  expect(together).toBeGreaterThan(20);
}, 120_000);

interface Sequence {
  name: string;
  files: Files;
  builds: readonly (readonly [path: string, options?: BuildOptions])[];
  /** How many bases are taken from the cache. */
  reused: number;
}

const LISTS = {
  "schema.json": JSON.stringify({
    definitions: {
      Foo: {
        "x-kubernetes-group-version-kind": [{ group: "x.example", version: "v1", kind: "Foo" }],
        properties: {
          list: {
            type: "array",
            "x-kubernetes-patch-strategy": "merge",
            "x-kubernetes-patch-merge-key": "id",
            items: { type: "object" },
          },
        },
      },
    },
  }),
  "foo.yaml": "{apiVersion: x.example/v1, kind: Foo, metadata: {name: foo}, list: [{id: a}]}",
};
const PATCH_FOO =
  "patches: [{patch: '{apiVersion: x.example/v1, kind: Foo, metadata: {name: foo}, list: [{id: b}]}'}]\n";
const TWO_PODS =
  "{apiVersion: v1, kind: Pod, metadata: {name: a}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: b}}\n";

const WITH_FOO = openApiSchema([JSON.parse(LISTS["schema.json"]) as JsonObject]);

/** A source of one Pod, at any URL. */
function remotePod(name: string): RemoteSource {
  const pod = `{apiVersion: v1, kind: Pod, metadata: {name: ${name}}}`;
  return { file: () => new TextEncoder().encode(pod), repository: () => null };
}

/** Builds that one base serves under different circumstances. */
const SEQUENCES: readonly Sequence[] = [
  {
    name: "a base is another one under another load restriction",
    files: {
      "top/kustomization.yaml": "resources: [../base]\n",
      "base/kustomization.yaml": "resources: [../pods.yaml]\n",
      "pods.yaml": TWO_PODS,
    },
    builds: [["top"], ["top", { loadRestriction: "root-only" }], ["top"]],
    reused: 1,
  },
  {
    name: "a base is another one under another schema",
    files: {
      ...LISTS,
      "own/kustomization.yaml": "openapi: {path: ../schema.json}\nresources: [../base]\n",
      "plain/kustomization.yaml": "resources: [../base]\n",
      "base/kustomization.yaml": `resources: [../foo.yaml]\n${PATCH_FOO}`,
    },
    builds: [["own"], ["plain"], ["own"], ["plain"]],
    reused: 2,
  },
  {
    name: "a base in a base brings its schema along",
    files: {
      ...LISTS,
      "top/kustomization.yaml": `resources: [../middle]\n${PATCH_FOO}`,
      "middle/kustomization.yaml": "resources: [../inner]\n",
      "inner/kustomization.yaml": "openapi: {path: ../schema.json}\nresources: [../foo.yaml]\n",
    },
    builds: [["top"], ["top"]],
    reused: 1,
  },
  {
    name: "a base is a cycle for those that it contains, and only for them",
    files: {
      "top/kustomization.yaml": "resources: [../base]\n",
      "part/inside/kustomization.yaml": "resources: [../../base]\n",
      "base/kustomization.yaml": "resources: [../part]\n",
      "part/kustomization.yaml": "resources: [pods.yaml]\n",
      "part/pods.yaml": TWO_PODS,
    },
    builds: [["top"], ["part/inside"], ["top"]],
    reused: 1,
  },
  {
    name: "resources and kustomizations of a base count for the limits of each build",
    files: {
      "top/kustomization.yaml": "resources: [../base]\n",
      "base/kustomization.yaml": "resources: [pods.yaml, ../other]\n",
      "base/pods.yaml": TWO_PODS,
      "other/kustomization.yaml": "configMapGenerator: [{name: c}]\n",
    },
    builds: [
      ["top"],
      ["top", { limits: { resources: 1 } }],
      ["top", { limits: { kustomizations: 2 } }],
      ["top", { limits: { resources: 2, kustomizations: 3 } }],
    ],
    // The limit of resources is found when the base is read, that of kustomizations after it.
    reused: 1,
  },
  {
    name: "levels of a base count from where it is included",
    files: {
      "top/kustomization.yaml": "resources: [../middle]\n",
      "middle/kustomization.yaml": "resources: [../base]\n",
      "base/kustomization.yaml": "resources: [../inner]\n",
      "inner/kustomization.yaml": "configMapGenerator: [{name: c}]\n",
    },
    builds: [
      ["middle", { limits: { depth: 3 } }],
      ["top", { limits: { depth: 3 } }],
      ["top", { limits: { depth: 4 } }],
    ],
    // Too deep a chain is built until it is found to be so; the base that the first build kept serves the last one.
    reused: 1,
  },
  {
    name: "a base is another one under a schema that the caller brings",
    files: {
      "top/kustomization.yaml": "resources: [../base]\n",
      "base/kustomization.yaml": `resources: [../foo.yaml]\n${PATCH_FOO}`,
      "foo.yaml": LISTS["foo.yaml"],
    },
    builds: [["top"], ["top", { schema: WITH_FOO }], ["top"], ["top", { schema: WITH_FOO }]],
    reused: 2,
  },
  {
    name: "a base that is annotated with the way to it is built each time",
    files: {
      "top/kustomization.yaml": "buildMetadata: [originAnnotations]\nresources: [../base]\n",
      "plain/kustomization.yaml": "resources: [../base]\n",
      "base/kustomization.yaml": "resources: [pods.yaml]\nnamePrefix: a-\n",
      "base/pods.yaml": TWO_PODS,
    },
    builds: [["plain"], ["top"], ["plain"], ["top"]],
    reused: 1,
  },
  {
    name: "a base that reads anything remote is built each time",
    files: {
      "top/kustomization.yaml": "resources: [../base]\n",
      "base/kustomization.yaml": "resources: [../inner, 'https://example.com/pod.yaml']\n",
      "inner/kustomization.yaml": "resources: [pods.yaml]\n",
      "inner/pods.yaml": TWO_PODS,
    },
    builds: [
      ["top", { remotes: remotePod("c") }],
      ["top", { remotes: remotePod("d") }],
      ["top", { remotes: remotePod("d") }],
    ],
    reused: 2,
  },
  {
    name: "labels that a base made as one stay one above it",
    files: {
      "top/kustomization.yaml": "resources: [../base]\npatches: [{path: patch.yaml}]\n",
      "top/patch.yaml": "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web, labels: {app: other}}\n",
      "base/kustomization.yaml": "resources: [web.yaml]\ncommonLabels: {app: web}\n",
      "base/web.yaml": deployment("web", "app:v1"),
    },
    builds: [["top"], ["top"]],
    reused: 1,
  },
  {
    name: "what a base copies counts for the limit of each build",
    files: {
      "top/kustomization.yaml": "resources: [../base]\n",
      "base/kustomization.yaml": `resources: [../foo.yaml]\n${PATCH_FOO}`,
      "foo.yaml": LISTS["foo.yaml"],
    },
    builds: [["top"], ["top", { limits: { copies: 1 } }], ["top"]],
    reused: 1,
  },
  {
    name: "a variable of a base follows the resource in each build",
    files: {
      "top/kustomization.yaml": "namePrefix: top-\nresources: [../base]\n",
      "side/kustomization.yaml": "namePrefix: side-\nresources: [../base]\n",
      "base/kustomization.yaml": [
        "resources: [../inner, pod.yaml]",
        "configMapGenerator: [{name: c, behavior: merge, literals: [k=w]}]",
        "",
      ].join("\n"),
      "base/pod.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {containers: [{args: [$(C)]}]}}",
      "inner/kustomization.yaml": [
        "configMapGenerator: [{name: c, literals: [k=v]}]",
        "vars: [{name: C, objref: {apiVersion: v1, kind: ConfigMap, name: c}}]",
        "",
      ].join("\n"),
    },
    builds: [["top"], ["side"], ["top"]],
    reused: 2,
  },
  {
    name: "a base's history serves patches and references of its overlays",
    files: {
      "top/kustomization.yaml": `resources: [../base, pod.yaml]\npatches: [{path: patch.yaml}]\n`,
      "top/pod.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {serviceAccountName: robot}}",
      "top/patch.yaml": "{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot, labels: {a: b}}}",
      "base/kustomization.yaml": "namePrefix: base-\nresources: [account.yaml]\n",
      "base/account.yaml": "{apiVersion: v1, kind: ServiceAccount, metadata: {name: robot}}",
    },
    builds: [["top"], ["top"]],
    reused: 1,
  },
];

for (const { name, files, builds, reused } of SEQUENCES) {
  test(`a shared cache changes no build: ${name}`, () => {
    const cache = new BuildCache();
    for (const [path, options] of builds) {
      const tree = memoryTree(files);
      expect(outcome(tree, path, { ...options, cache })).toEqual(outcome(tree, path, options ?? {}));
    }
    expect(cache.counts.basesReused).toBe(reused);
  });
}

/** What `task` added to the counts of a cache. */
function counted(cache: BuildCache, task: () => void): BuildCache["counts"] {
  const before = { ...cache.counts };
  task();
  const { filesParsed, basesBuilt, basesReused } = cache.counts;
  return {
    filesParsed: filesParsed - before.filesParsed,
    basesBuilt: basesBuilt - before.basesBuilt,
    basesReused: basesReused - before.basesReused,
  };
}

/** `count` applications under one folder, and an overlay of it. */
function applications(count: number): Record<string, string> {
  const names = Array.from({ length: count }, (_, index) => `app-${index}`);
  return {
    ...Object.fromEntries(names.map((name) => [`apps/${name}/kustomization.yaml`, "resources: [d.yaml]\n"])),
    ...Object.fromEntries(names.map((name) => [`apps/${name}/d.yaml`, deployment(name, "app:v1")])),
    "apps/kustomization.yaml": `resources: [${names.join(", ")}]\n`,
    "prod/kustomization.yaml": "resources: [../apps]\nnamespace: prod\n",
  };
}

test("a base whose kustomization has another file name is built again, and origins are the caller's to change", () => {
  const cache = new BuildCache();
  const generator = "configMapGenerator: [{name: a, literals: [x=1]}]\n";
  const top = { "top/kustomization.yaml": "resources: [../b]\n" };
  for (const name of ["kustomization.yaml", "Kustomization", "kustomization.yaml"]) {
    const { origins } = build(memoryTree({ ...top, [`b/${name}`]: generator }), "top", { cache });
    expect(origins.map(({ file }) => file)).toEqual([`b/${name}`]);
    for (const origin of origins) Object.assign(origin, { file: "changed" });
  }
});

test("a rebuild after one changed file parses that file and builds the bases above it, and no others", () => {
  const cache = new BuildCache();
  const files = applications(50);
  build(memoryTree(files), "prod", { cache });
  const changed = memoryTree({ ...files, "apps/app-7/d.yaml": deployment("app-7", "app:v2") });
  const counts = counted(cache, () => build(changed, "prod", { cache }));
  expect(counts).toEqual({ filesParsed: 1, basesBuilt: 2, basesReused: 49 });
});

test("a rebuild of the same tree takes the whole base and parses nothing, and so does another overlay of it", () => {
  const cache = new BuildCache();
  const files = { ...applications(50), "dev/kustomization.yaml": "resources: [../apps]\nnamePrefix: dev-\n" };
  build(memoryTree(files), "prod", { cache });
  const again = counted(cache, () => build(memoryTree(files), "prod", { cache }));
  expect(again).toEqual({ filesParsed: 0, basesBuilt: 0, basesReused: 1 });
  const other = counted(cache, () => build(memoryTree(files), "dev", { cache }));
  expect(other).toEqual({ filesParsed: 1, basesBuilt: 0, basesReused: 1 });
});

test("revisions that alternate, as those of two branches do, are all kept", () => {
  const cache = new BuildCache();
  const trees = ["v1", "v2", "v3"].map((tag) => {
    return memoryTree({ ...applications(3), "apps/app-1/d.yaml": deployment("app-1", `app:${tag}`) });
  });
  for (const tree of trees) build(tree, "prod", { cache });
  const counts = counted(cache, () => {
    for (const tree of trees) build(tree, "prod", { cache });
  });
  expect(counts).toEqual({ filesParsed: 0, basesBuilt: 0, basesReused: 3 });
});

test("looking a base up reads no file of a tree that knows its digests", () => {
  const files = applications(5);
  const plain = memoryTree(files);
  const read: string[] = [];
  const tree: FileTree = {
    list: plain.list,
    digest: (path) => (path in files ? `digest of ${path}` : undefined),
    read: (path) => {
      if (path in files) read.push(path);
      return plain.read(path);
    },
  };
  const cache = new BuildCache();
  build(tree, "prod", { cache });
  read.length = 0;
  build(tree, "prod", { cache });
  expect(read).toEqual(["prod/kustomization.yaml", "apps/kustomization.yaml"]);
});

test("a cache too small for its bases still gives right builds, and stays within its bytes", () => {
  const files = applications(20);
  const cache = new BuildCache(2000);
  for (let round = 0; round < 3; round += 1) {
    expect(outcome(memoryTree(files), "prod", { cache })).toEqual(outcome(memoryTree(files), "prod", {}));
    expect(cache.bytes).toBeLessThanOrEqual(2000);
  }
});
