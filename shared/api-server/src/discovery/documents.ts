import { type Json, type JsonObject } from "@sluice/base";
import { type Catalog, type ServedGroup } from "./catalog.ts";
import { apiVersionOf, type Resource, type Subresource } from "./resource.ts";

/** `/api`. `address`: `host:port` as clients reach this server. */
export function coreVersions(address: string): JsonObject {
  const serverAddressByClientCIDRs = [{ clientCIDR: "0.0.0.0/0", serverAddress: address }];
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs };
}

/** `/apis`. */
export function groupList(catalog: Catalog): JsonObject {
  return { kind: "APIGroupList", apiVersion: "v1", groups: catalog.groups().map(groupEntry) };
}

/** `/apis/{group}`; undefined if nothing is served there. */
export function oneGroup(catalog: Catalog, name: string): JsonObject | undefined {
  const group = catalog.groups().find((candidate) => candidate.name === name);
  return group && { kind: "APIGroup", apiVersion: "v1", ...groupEntry(group) };
}

/** `/api/v1` and `/apis/{group}/{version}`; undefined if nothing is served there. */
export function resourceList(catalog: Catalog, apiVersion: string): JsonObject | undefined {
  const found = catalog.inVersion(apiVersion);
  if (found.length === 0) return undefined;
  const resources = found.flatMap((resource) => [resourceEntry(resource), ...subresourceEntries(resource)]);
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: apiVersion, resources };
}

/**
 * Aggregated discovery: everything in one document.
 * @param core true for `/api`, false for `/apis`.
 * @param version of apidiscovery.k8s.io: `v2` or `v2beta1`.
 */
export function aggregated(catalog: Catalog, core: boolean, version: string): JsonObject {
  const groups = core ? [{ name: "", versions: ["v1"] }] : catalog.groups();
  const items = groups.map((group) => ({
    metadata: core ? { creationTimestamp: null } : { name: group.name, creationTimestamp: null },
    versions: group.versions.map((served) => aggregatedVersion(catalog, group.name, served)),
  }));
  return { kind: "APIGroupDiscoveryList", apiVersion: `apidiscovery.k8s.io/${version}`, metadata: {}, items };
}

function aggregatedVersion(catalog: Catalog, group: string, version: string): JsonObject {
  const resources = catalog.inVersion(apiVersionOf({ group, version })).map(aggregatedResource);
  return { version, resources, freshness: "Current" };
}

function aggregatedResource(resource: Resource): JsonObject {
  const { group, version, kind } = resource;
  return {
    resource: resource.plural,
    responseKind: resource.custom ? { group, version, kind } : { group: "", version: "", kind },
    scope: resource.namespaced ? "Namespaced" : "Cluster",
    singularResource: resource.singular,
    verbs: [...resource.verbs],
    ...listed("shortNames", resource.shortNames),
    ...listed("categories", resource.categories),
    ...(resource.subresources.length > 0 && {
      subresources: resource.subresources.map((item) => aggregatedSubresource(resource, item)),
    }),
  };
}

/** The group version of a built-in kind that is the document's own is left out. */
function aggregatedSubresource(resource: Resource, { name, apiVersion, kind, verbs }: Subresource): JsonObject {
  const [group, version] = split(apiVersion);
  const own = !resource.custom && apiVersion === apiVersionOf(resource);
  const responseKind = own ? { group: "", version: "", kind } : { group, version, kind };
  return { subresource: name, responseKind, verbs: [...verbs] };
}

function groupEntry({ name, versions }: ServedGroup): JsonObject {
  const all = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: all, preferredVersion: { ...(all[0] as JsonObject) } };
}

function resourceEntry(resource: Resource): JsonObject {
  return {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs: [...resource.verbs],
    ...listed("shortNames", resource.shortNames),
    ...listed("categories", resource.categories),
  };
}

function subresourceEntries(resource: Resource): JsonObject[] {
  const own = apiVersionOf(resource);
  return resource.subresources.map(({ name, apiVersion, kind, verbs }) => {
    const [group, version] = split(apiVersion);
    const foreign = apiVersion === own ? {} : { group, version };
    const path = `${resource.plural}/${name}`;
    return { name: path, singularName: "", namespaced: resource.namespaced, ...foreign, kind, verbs: [...verbs] };
  });
}

function split(apiVersion: string): [group: string, version: string] {
  const [first = "", second] = apiVersion.split("/");
  return second === undefined ? ["", first] : [first, second];
}

function listed(key: string, values: readonly string[]): { [key: string]: Json } {
  return values.length > 0 ? { [key]: [...values] } : {};
}
