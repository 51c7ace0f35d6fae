import { type KindRef, type KubeObject } from "@sluice/api";
import { isObject, type Json, type JsonObject, messageOf, ownKey, parseJson, setKey } from "@sluice/base";
import { KubeError } from "./errors.ts";
import { type KubeList } from "./types.ts";

/** How an answer is read: whose kind it has, and whether only the metadata is wanted. */
export interface Reading {
  kind: KindRef;
  metadataOnly?: boolean | undefined;
}

/** What servers can be asked for: the object, or its metadata alone. A server that cannot cut it down sends the whole. */
export const accepts = {
  object: "application/json",
  metadata: "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json",
  metadataList: "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json",
} as const;

/** JSON of an answer. @throws {KubeError} BROKEN if it is not JSON. */
export function readJson(text: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    throw garbled(messageOf(error));
  }
}

/** One object of an answer, with the apiVersion and kind that were asked for. @throws {KubeError} BROKEN if it is none. */
export function readObject(value: Json | undefined, { kind, metadataOnly = false }: Reading): KubeObject {
  if (!isObject(value)) throw garbled("not an object");
  const metadata = ownKey(value, "metadata");
  if (!isObject(metadata) || typeof ownKey(metadata, "name") !== "string")
    throw garbled("an object without metadata.name");
  if (metadataOnly || value["apiVersion"] === undefined || value["kind"] === undefined)
    return named(value, kind, metadataOnly);
  return value as KubeObject;
}

/** A page of a list. @throws {KubeError} BROKEN if it is none. */
export function readPage(text: string, reading: Reading): KubeList & { next: string | undefined } {
  const value = readJson(text);
  if (!isObject(value)) throw garbled("not a list");
  const metadata = ownKey(value, "metadata");
  const items = ownKey(value, "items") ?? [];
  if (!isObject(metadata) || !Array.isArray(items)) throw garbled("a list without metadata or items");
  const next = ownKey(metadata, "continue");
  return {
    items: items.map((item) => readObject(item, reading)),
    resourceVersion: String(ownKey(metadata, "resourceVersion") ?? ""),
    next: typeof next === "string" && next !== "" ? next : undefined,
  };
}

/** An error for data that is not what the API promises. */
export function garbled(detail: string): KubeError<"BROKEN"> {
  return new KubeError("BROKEN", `Cannot read the answer: ${detail}`, { how: "garbled", detail });
}

function named(value: JsonObject, { apiVersion, kind }: KindRef, metadataOnly: boolean): KubeObject {
  const object: JsonObject = { apiVersion, kind };
  const keys = metadataOnly ? ["metadata"] : Object.keys(value);
  for (const key of keys) setKey(object, key, value[key]);
  return { ...object, apiVersion, kind } as KubeObject;
}
