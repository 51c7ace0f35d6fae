import fc from "fast-check";
import { type Manifest } from "./kinds.ts";
import { style } from "./patches.ts";
import { few, type Made, one, sometimes } from "./pick.ts";
import { type Scope } from "./scope.ts";
import { writeYaml } from "./yaml-text.ts";

/** Documents whose text no writer makes: anchors, merge keys, folded scalars, comments, tags. */
const oddDocuments: readonly ((name: string) => string)[] = [
  (name) => `# comment
apiVersion: v1   # trailing
kind: ConfigMap
metadata: &meta
  name: ${name}
data:
  folded: >
    one
    two

    three
  kept: |+
    a

  stripped: >-
    x
     y
  plain: several words
    on two lines
  "quoted key": 'it''s'
`,
  (name) => `apiVersion: example.com/v1
kind: Foo
metadata: {name: ${name}, annotations: {a: "1"}}
defaults: &d {x: 1, y: [1, 2]}
spec:
  <<: *d
  x: 2
  again: *d
  empty:
  list:
  - <<: *d
    z: 3
  -
  - - nested
    - lists
`,
  (name) => `---
apiVersion: v1
kind: ConfigMapList
items:
- apiVersion: v1
  kind: ConfigMap
  metadata:
    name: ${name}
    creationTimestamp: null
  data: {bin: !!binary aGk=, a: !!str 1, b: "\\x41\\u00e9", ? c : d}
- apiVersion: v1
  kind: ConfigMap
  metadata: {name: ${name}-2, labels: {}, annotations: {}}
`,
  (name) => `apiVersion: batch/v1
kind: CronJob
metadata:
    name: ${name}
    annotations:
        config.kubernetes.io/local-config: "true"
spec: {schedule: '* * * * *', suspend: false, jobTemplate: {spec: {template: {spec: {containers: []}}}}}
`,
  (name) => `{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "${name}", "generation": 1.0},
 "spec": {"ports": [{"port": 80, "nodePort": 3e4}], "selector": {"a": null}, "x": "\\u00e9\\n"}}
`,
];

/** How the manifests of a kustomization are spread over files and written. */
export const manifestForm = fc.record({
  grouping: one("one file", "a file each", "list"),
  style,
  odd: sometimes(fc.tuple(fc.nat({ max: oddDocuments.length - 1 }), fc.nat({ max: oddDocuments.length - 1 })), 5),
  mark: sometimes(one("bom", "crlf", "empty documents", "ended"), 10),
  folder: sometimes(one("sub", "../shared"), 8),
  unused: few(one("notes.txt", "other.yaml"), 1),
});
type Form = Made<typeof manifestForm>;

/** Writes the manifests and gives the paths that `resources` lists. */
export function manifestFiles(manifests: readonly Manifest[], form: Form, scope: Scope): string[] {
  for (const name of form.unused) scope.write(name, "not: [read\n");
  const documents = manifests.map((each) => writeYaml(each, form.style));
  const groups = form.grouping === "a file each" ? documents.map((each) => [each]) : [grouped(manifests, form)];
  const folder = form.folder === undefined ? "" : `${form.folder}/`;
  const texts = groups.filter((group) => group.length > 0).map((group) => marked(group, form));
  const paths = texts.map((text, index) => scope.write(`${folder}${scope.layer.toLowerCase()}-${index}.yaml`, text));
  return [...paths, ...oddFiles(form, scope)];
}

function grouped(manifests: readonly Manifest[], { grouping, style: how }: Form): string[] {
  if (grouping !== "list" || manifests.length === 0) return manifests.map((each) => writeYaml(each, how));
  return [writeYaml({ apiVersion: "v1", kind: "List", items: manifests }, how)];
}

function marked(documents: readonly string[], { mark }: Form): string {
  if (mark === "empty documents") return `---\n# nothing\n---\n${documents.join("---\n---\n")}---\n`;
  const text = documents.join("---\n");
  if (mark === "bom") return `\ufeff${text}`;
  if (mark === "crlf") return text.replaceAll("\n", "\r\n");
  return mark === "ended" ? `${text}...\n` : text;
}

function oddFiles({ odd }: Form, scope: Scope): string[] {
  if (odd === undefined) return [];
  const texts = [...new Set(odd)].map(
    (index) => oddDocuments[index]?.(`odd-${scope.layer.toLowerCase()}-${index}`) ?? "",
  );
  return texts.map((text, index) => scope.write(`odd-${index}.yaml`, text));
}
