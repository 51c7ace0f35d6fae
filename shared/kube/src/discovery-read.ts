import { isObject, type Json, type JsonObject, ownKey } from "@sluice/base";
import { type Resource } from "./types.ts";

/**
 * Resources of an aggregated discovery answer (`APIGroupDiscoveryList`, v2 and v2beta1), in the server's order.
 * Parts that are not as documented are left out.
 * @returns undefined if `value` is no such list: the server does not know aggregated discovery.
 * @source Kubernetes `apidiscovery.k8s.io/v2`
 */
export function readAggregated(value: Json): Resource[] | undefined {
  if (!isObject(value) || ownKey(value, "kind") !== "APIGroupDiscoveryList") return undefined;
  return objects(value, "items").flatMap((item) => {
    const group = text(objectOf(item, "metadata"), "name");
    return objects(item, "versions").flatMap((version) =>
      objects(version, "resources").flatMap((resource) =>
        aggregatedResource(group, text(version, "version"), resource),
      ),
    );
  });
}

/** Group-versions of plain `/api` (APIVersions) or `/apis` (APIGroupList), preferred versions first. */
export function readGroupVersions(value: Json): string[] {
  if (!isObject(value)) return [];
  const core = ownKey(value, "versions");
  if (Array.isArray(core)) return core.filter((version) => typeof version === "string");
  return objects(value, "groups").flatMap((group) => {
    const preferred = text(objectOf(group, "preferredVersion"), "groupVersion");
    const all = objects(group, "versions").map((version) => text(version, "groupVersion"));
    return [preferred, ...all.filter((version) => version !== preferred)].filter((version) => version !== "");
  });
}

/** Resources of a plain `APIResourceList`; `groupVersion` is that of its path. */
export function readResourceList(value: Json, groupVersion: string): Resource[] {
  if (!isObject(value)) return [];
  const all = objects(value, "resources");
  const slash = groupVersion.lastIndexOf("/");
  const group = slash < 0 ? "" : groupVersion.slice(0, slash);
  return all
    .filter((resource) => !text(resource, "name").includes("/"))
    .map((resource) => ({
      group,
      version: groupVersion.slice(slash + 1),
      kind: text(resource, "kind"),
      plural: text(resource, "name"),
      namespaced: ownKey(resource, "namespaced") === true,
      verbs: texts(resource, "verbs"),
      subresources: subresourcesOf(text(resource, "name"), all),
    }));
}

function aggregatedResource(group: string, version: string, resource: JsonObject): Resource[] {
  const kind = text(objectOf(resource, "responseKind"), "kind");
  const plural = text(resource, "resource");
  if (kind === "" || plural === "") return [];
  return [
    {
      group,
      version,
      kind,
      plural,
      namespaced: text(resource, "scope") === "Namespaced",
      verbs: texts(resource, "verbs"),
      subresources: objects(resource, "subresources").map((subresource) => text(subresource, "subresource")),
    },
  ];
}

function subresourcesOf(plural: string, all: readonly JsonObject[]): string[] {
  const prefix = `${plural}/`;
  return all
    .map((resource) => text(resource, "name"))
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}

function objects(source: JsonObject, key: string): JsonObject[] {
  const value = ownKey(source, key);
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function objectOf(source: JsonObject, key: string): JsonObject {
  const value = ownKey(source, key);
  return isObject(value) ? value : {};
}

function text(source: JsonObject, key: string): string {
  const value = ownKey(source, key);
  return typeof value === "string" ? value : "";
}

function texts(source: JsonObject, key: string): string[] {
  const value = ownKey(source, key);
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}
