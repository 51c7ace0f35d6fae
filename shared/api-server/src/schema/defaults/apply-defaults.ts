import { cloneJson, isObject, type Json, type JsonObject } from "@sluice/base";
import { goFieldsOf } from "../definitions.ts";
import { type OpenApiNode } from "../open-api-node.ts";
import { clusterDefaults } from "./cluster.ts";
import { coreDefaults } from "./core.ts";
import { type Defaulter } from "./set-default.ts";
import { workloadDefaults } from "./workloads.ts";

/** Fills in the defaults of a built-in kind, in place: each struct's before those of the structs inside it. */
export function applyDefaults(value: JsonObject, node: OpenApiNode): void {
  const { definition } = node;
  if (definition !== undefined) {
    node.derive(defaulterOf)?.(value);
    for (const [key, fallback] of node.derive(declaredDefaults)) {
      if (value[key] === undefined || value[key] === null) value[key] = cloneJson(fallback);
    }
  }
  for (const key of Object.keys(value)) {
    const child = node.property(key) ?? node.additional;
    if (child) descend(value[key], child);
  }
}

function descend(value: Json | undefined, node: OpenApiNode): void {
  if (isObject(value)) applyDefaults(value, node);
  else if (Array.isArray(value) && node.items) for (const item of value) descend(item, node.items);
}

const CORE = "io.k8s.api.core.v1.";

function defaulterOf(node: OpenApiNode): Defaulter | undefined {
  const { definition = "" } = node;
  if (definition.startsWith(CORE)) return coreDefaults[definition.slice(CORE.length)];
  const [group, version, name] = definition.split(".").slice(-3);
  const key = `${group}.${version}.${name}`;
  return workloadDefaults[key] ?? clusterDefaults[key];
}

/**
 * Defaults that the schema itself declares. OpenAPI also shows Go's zero values as defaults: those are the fields that Go
 * always writes, and are left out here.
 */
function declaredDefaults(node: OpenApiNode): [string, Json][] {
  const { k: written = {}, d: omitted = [] } = goFieldsOf(node.definition ?? "");
  return node.propertyNames.flatMap((key): [string, Json][] => {
    const fallback = node.property(key)?.raw["default"];
    if (fallback === undefined || (written[key] ?? null) !== null) return [];
    return isEmpty(fallback) || (omitted.includes(key) && !fallback) ? [] : [[key, fallback]];
  });
}

function isEmpty(value: Json): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}
