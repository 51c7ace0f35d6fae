import { type Manifest } from "./kinds.ts";
import { isList, isMapping, type Mapping, type Value } from "./yaml-text.ts";

/** A generator of a kustomization, as those above may name it. */
export interface Generated {
  readonly kind: "ConfigMap" | "Secret";
  readonly name: string;
  readonly namespace: string | undefined;
}

/** What the fields of one kustomization may refer to: everything below it, under original names. */
export interface Scope {
  readonly manifests: readonly Manifest[];
  readonly generated: readonly Generated[];
  /** The layer's name in capitals, for what must be unique. */
  readonly layer: string;
  /** Writes a file into the kustomization's folder and gives the path that names it. */
  write(name: string, content: string | Uint8Array): string;
}

/** Where a value stands in a manifest: keys and list indexes. */
export interface Spot {
  readonly path: readonly (string | number)[];
  readonly value: Value;
}

/** Every place in a manifest, but not its identity. */
export function spotsOf({ apiVersion: _apiVersion, kind: _kind, metadata, ...body }: Manifest): Spot[] {
  const { name: _name, namespace: _namespace, ...meta } = metadata;
  const inMetadata = Object.entries(meta).flatMap(([key, value]) => spotsBelow(value, ["metadata", key]));
  return [...inMetadata, ...Object.entries(body).flatMap(([key, value]) => spotsBelow(value, [key]))];
}

function spotsBelow(value: Value, path: readonly (string | number)[]): Spot[] {
  if (value === undefined) return [];
  const here = { path, value };
  if (isList(value)) return [here, ...value.flatMap((item, index) => spotsBelow(item, [...path, index]))];
  if (!isMapping(value)) return [here];
  return [here, ...Object.entries(value).flatMap(([key, item]) => spotsBelow(item, [...path, key]))];
}

/** Places that hold a scalar which every reader takes for the same. */
export function scalarSpots(manifest: Manifest): Spot[] {
  return spotsOf(manifest).filter(({ value }) => ["string", "number", "boolean"].includes(typeof value));
}

/** What a patch needs to name a manifest. */
export function identity({ apiVersion, kind, metadata }: Manifest): Mapping {
  return { apiVersion, kind, metadata: { name: metadata.name, namespace: metadata.namespace } };
}

export function groupOf(apiVersion: string): string {
  return apiVersion.includes("/") ? (apiVersion.split("/")[0] ?? "") : "";
}

export function versionOf(apiVersion: string): string {
  return apiVersion.split("/").at(-1) ?? "";
}
