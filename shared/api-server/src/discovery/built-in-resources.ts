import { builtInSchema } from "../schema/built-in-schema.ts";
import { type KindSchema } from "../schema/kind-schema.ts";
import { builtInGroups } from "./built-in-table.ts";
import { conversionOf } from "./conversions.ts";
import { apiVersionOf, type Resource, type ResourceVerb, resourceVerbs, type Subresource } from "./resource.ts";

/** Every built-in resource in every served version. Schemas are looked up when they are first needed. */
export function builtInResources(): Resource[] {
  return builtInGroups.flatMap(({ group, version, resources }) =>
    resources
      .trim()
      .split("\n")
      .map((line) => builtInResource({ group, version }, line.trim().split(" "))),
  );
}

function builtInResource({ group, version }: { group: string; version: string }, words: string[]): Resource {
  const [plural = "", kind = "", scope, ...rest] = words;
  const options = new Map(rest.map((word) => [word.split("=")[0] ?? "", (word.split("=")[1] ?? "").split(",")]));
  const apiVersion = apiVersionOf({ group, version });
  let schema: KindSchema | undefined;
  return {
    group,
    version,
    plural,
    singular: kind.toLowerCase(),
    kind,
    listKind: `${kind}List`,
    namespaced: scope === "N",
    shortNames: options.get("short") ?? [],
    categories: options.get("in") ?? [],
    verbs: verbsOf(options),
    subresources: (options.get("sub") ?? []).map((name) => builtInSubresource(name, { apiVersion, kind })),
    ...storageOf(group, version, plural),
    counted: options.has("counted"),
    get schema() {
      schema ??= builtInSchema(apiVersion, kind);
      if (!schema) throw new RangeError(`no schema for ${apiVersion} ${kind}`);
      return schema;
    },
    convert: conversionOf(group, plural),
    custom: undefined,
  };
}

function verbsOf(options: ReadonlyMap<string, string[]>): readonly ResourceVerb[] {
  if (options.has("review")) return ["create"];
  return options.has("no-deletecollection")
    ? resourceVerbs.filter((verb) => verb !== "deletecollection")
    : resourceVerbs;
}

const READ_WRITE = ["get", "patch", "update"] as const;

function builtInSubresource(name: string, own: { apiVersion: string; kind: string }): Subresource {
  if (name === "scale") return { name, apiVersion: "autoscaling/v1", kind: "Scale", verbs: READ_WRITE };
  if (name === "eviction") return { name, apiVersion: "policy/v1", kind: "Eviction", verbs: ["create"] };
  if (name === "finalize") return { name, ...own, verbs: ["update"] };
  return { name, ...own, verbs: READ_WRITE };
}

/** Versions of one resource share a collection; so do the two groups that serve events. */
function storageOf(group: string, version: string, plural: string): { collection: string; storageVersion: string } {
  if (plural === "events") return { collection: "/events", storageVersion: "v1" };
  const newest = plural === "horizontalpodautoscalers" ? "v2" : version;
  return { collection: `${group}/${plural}`, storageVersion: apiVersionOf({ group, version: newest }) };
}
