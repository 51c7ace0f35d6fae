import { groupOf, type KubeObject, type ObjectRef, refOf, versionOf } from "@sluice/api";
import { ApplyError } from "./errors.ts";
import { type InventoryEntry } from "./types.ts";

/** What a reference says of an object's identity: everything but the version. */
type Identity = Pick<ObjectRef, "apiVersion" | "kind" | "namespace" | "name">;

/**
 * The inventory id of an object: `<namespace>_<name>_<group>_<Kind>`, empty parts kept. Two versions of one object share it.
 * @source fluxcd/pkg `object.ObjMetadata`; `:` occurs in the names of RBAC objects and is written as `__`
 */
export function inventoryId(ref: Identity): string {
  return `${ref.namespace ?? ""}_${ref.name.replaceAll(":", "__")}_${groupOf(ref.apiVersion)}_${ref.kind}`;
}

/** The inventory entry of an object. */
export function entryOf(ref: Identity): InventoryEntry {
  return { id: inventoryId(ref), v: versionOf(ref.apiVersion) };
}

/** The inventory entries of objects, in their order. */
export function entriesOf(objects: readonly KubeObject[]): InventoryEntry[] {
  return objects.map((object) => entryOf(refOf(object)));
}

/**
 * Reads an entry back.
 * @throws {ApplyError} MALFORMED_ID: an entry that names no object must not be guessed at
 */
export function refOfEntry(entry: InventoryEntry): ObjectRef {
  const parts = splitId(entry.id);
  if (parts === undefined || entry.v === "") {
    throw new ApplyError(
      "MALFORMED_ID",
      `Cannot read inventory entry "${entry.id}": not <namespace>_<name>_<group>_<kind>`,
      {
        id: entry.id,
      },
    );
  }
  const { namespace, name, group, kind } = parts;
  const apiVersion = group === "" ? entry.v : `${group}/${entry.v}`;
  return namespace === "" ? { apiVersion, kind, name } : { apiVersion, kind, namespace, name };
}

const RBAC = "rbac.authorization.k8s.io";
/** Namespaces, groups and kinds hold no underscore; a name holds a pair of them for a colon, and single ones in RBAC only, where names are free. */
const ID = /^([^_]*)_([^_].*|__.*)_([^_]*)_([^_]+)$/s;

function splitId(id: string): { namespace: string; name: string; group: string; kind: string } | undefined {
  const match = ID.exec(id);
  if (match === null) return undefined;
  const [, namespace = "", rawName = "", group = "", kind = ""] = match;
  const name = rawName.replaceAll("__", ":");
  return name.includes("_") && group !== RBAC ? undefined : { namespace, name, group, kind };
}

/** Entries of `stored` whose object is not in `wanted`, in their order. The version does not matter: a served version that changed is the same object. */
export function staleEntries(stored: readonly InventoryEntry[], wanted: readonly InventoryEntry[]): InventoryEntry[] {
  const ids = new Set(wanted.map((entry) => entry.id));
  return stored.filter((entry) => !ids.has(entry.id));
}

/** Every object of both lists once: `stored` first and in its order, with the version of `added` where both have it. */
export function unionInventory(stored: readonly InventoryEntry[], added: readonly InventoryEntry[]): InventoryEntry[] {
  const byId = new Map(stored.map((entry) => [entry.id, entry]));
  for (const entry of added) byId.set(entry.id, entry);
  return [...byId.values()];
}
