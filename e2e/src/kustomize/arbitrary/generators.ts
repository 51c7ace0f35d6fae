import fc from "fast-check";
import { few, type Made, mapping, one, some, sometimes } from "./pick.ts";
import { name, namespace, text } from "./scalars.ts";
import { type Generated, type Scope } from "./scope.ts";
import { type Mapping } from "./yaml-text.ts";

const literal = fc
  .tuple(
    one("a", "b", "c.txt", "LONG_KEY"),
    one("1", "x y ", " lead", "'q'", '"d"', "", "<html>&", "a=b", "é", "w".repeat(60)),
  )
  .map(([key, value]) => `${key}=${value}`);

/** Content that is no UTF-8. */
const bytes = Uint8Array.from({ length: 90 }, (_, index) => (index * 37) % 256);
const fileContents = {
  "data.txt": "line\n<two>\n",
  "app.ini": "[a]\r\nkey = value \n\n",
  "bin.dat": bytes,
  "empty.txt": "",
} as const;
type FileName = keyof typeof fileContents;
const fileName: fc.Arbitrary<FileName> = one("data.txt", "app.ini", "bin.dat", "empty.txt");
const file = fc.tuple(fileName, sometimes(one("k1", "k.2"), 3));

const envLine = one("E1=1", "E2=x y ", "# note", "", '  E3="q"', "E4=", "E5=a=b", "E_6='s'");

/** Options of one generator or of all. */
export const generatorOptions: fc.Arbitrary<Mapping> = fc.record({
  disableNameSuffixHash: sometimes(fc.boolean()),
  immutable: sometimes(fc.boolean(), 5),
  labels: sometimes(mapping(["g", "app"], one("1", "x"))),
  annotations: sometimes(mapping(["ga", "note"], one("1", "x: y")), 3),
});

/** A generator that is still to learn what is there. */
export const generator = fc.record({
  name: fc.oneof({ weight: 3, arbitrary: one("gen", "settings") }, { weight: 1, arbitrary: name }),
  namespace: sometimes(namespace, 8),
  behavior: sometimes(one("merge", "replace", "create"), 3),
  literals: few(literal),
  files: sometimes(some(file, 2), 4),
  env: sometimes(some(envLine, 4), 5),
  moreText: sometimes(text, 6),
  options: sometimes(generatorOptions, 4),
  type: sometimes(one("Opaque", "kubernetes.io/tls"), 4),
  oldEnv: fc.boolean(),
});
export type Generator = Made<typeof generator>;

/** The entries for several generators of one kind. They take names that are free, unless they change what is below. */
export function generatorEntries(kind: Generated["kind"], plans: readonly Generator[], scope: Scope): Mapping[] {
  const taken = new Set(
    [...scope.generated, ...scope.manifests.map((each) => ({ kind: each.kind, name: each.metadata.name }))]
      .filter((each) => each.kind === kind)
      .map((each) => each.name),
  );
  return plans.map((plan, index) => {
    const below = scope.generated.filter((each) => each.kind === kind)[index];
    const changes = below !== undefined && (plan.behavior === "merge" || plan.behavior === "replace");
    const free = taken.has(plan.name) ? `${plan.name}-${scope.layer.toLowerCase()}-${index}` : plan.name;
    taken.add(free);
    const entry = sources(plan, `${scope.layer.toLowerCase()}-${kind.toLowerCase()}-${index}`, scope);
    const { options, type } = plan;
    const rest = { ...entry, options, ...(kind === "Secret" && { type }) };
    if (changes) return { name: below.name, namespace: below.namespace, behavior: plan.behavior, ...rest };
    const behavior = plan.behavior === "create" ? "create" : undefined;
    return { name: free, namespace: plan.namespace, behavior, ...rest };
  });
}

function sources({ literals, files, env, oldEnv, moreText }: Generator, id: string, scope: Scope): Mapping {
  const distinct = new Map(literals.map((each) => [each.split("=", 1)[0], each]));
  if (moreText !== undefined) distinct.set("text", `text=${moreText}`);
  const named = new Map((files ?? []).map(([path, key]) => [key ?? path, key === undefined ? path : `${key}=${path}`]));
  for (const [path] of files ?? []) scope.write(path, fileContents[path]);
  const lines = [...new Map((env ?? []).map((line) => [line.trim().split("=", 1)[0], line])).values()];
  const path = env === undefined ? undefined : scope.write(`${id}.env`, `${lines.join("\n")}\n`);
  return {
    literals: distinct.size === 0 ? undefined : [...distinct.values()],
    files: named.size === 0 ? undefined : [...named.values()],
    ...(oldEnv ? { env: path } : { envs: path === undefined ? undefined : [path] }),
  };
}

/** What those above may merge with: the new generators of these entries. */
export function generatedBy(kind: Generated["kind"], entries: readonly Mapping[]): Generated[] {
  return entries
    .filter(({ behavior }) => behavior === undefined || behavior === "create")
    .map((entry) => ({ kind, name: String(entry["name"]), namespace: textOrNothing(entry["namespace"]) }));
}

function textOrNothing(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
