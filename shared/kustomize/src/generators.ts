import { isObject, ownKey, setKey, type JsonObject } from "@sluice/base";
import { keepOrigin } from "./build-metadata.ts";
import { failure } from "./errors.ts";
import { describeId } from "./identity.ts";
import { decodeUtf8, readData, type ReadSource } from "./key-values.ts";
import { type ConfigMapEntry, type GeneratorOptions, type SecretEntry } from "./kustomization.ts";
import { type KubernetesSchema } from "./kubernetes-schema.ts";
import { textOf } from "./node.ts";
import { Resource, type Behavior, type Origin } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";

/** What generating needs beside the entry. */
export interface GeneratorContext {
  options: GeneratorOptions | undefined;
  read: ReadSource;
  origin: Origin;
  schema: KubernetesSchema;
}

/** A ConfigMap from an entry of `configMapGenerator`. @throws {KustomizeError} GENERATOR_FAILED and what reading throws */
export function generateConfigMap(entry: ConfigMapEntry, context: GeneratorContext): Resource {
  const value = baseObject("ConfigMap", entry);
  for (const [key, bytes] of sortedData(entry, context)) {
    const text = decodeUtf8(bytes);
    const field = text === undefined ? "binaryData" : "data";
    setKey(mappingAt(value, field), key, text ?? base64Lines(bytes));
  }
  return finished(value, entry, context);
}

/** A Secret from an entry of `secretGenerator`. @throws {KustomizeError} GENERATOR_FAILED and what reading throws */
export function generateSecret(entry: SecretEntry, context: GeneratorContext): Resource {
  const value = baseObject("Secret", entry);
  value["type"] = entry.type || "Opaque";
  const data = mappingAt(value, "data");
  for (const [key, bytes] of sortedData(entry, context)) setKey(data, key, base64Lines(bytes));
  return finished(value, entry, context);
}

function baseObject(kind: string, entry: ConfigMapEntry): JsonObject {
  if (entry.name === "") throw failure("GENERATOR_FAILED", `a ${kind} generator lacks a name`);
  const metadata: JsonObject = { name: entry.name };
  if (entry.namespace !== "") metadata["namespace"] = entry.namespace;
  return { apiVersion: "v1", kind, metadata };
}

function sortedData(entry: ConfigMapEntry, context: GeneratorContext): (readonly [string, Uint8Array])[] {
  return [...readData(entry, context.read)].sort(([a], [b]) => (a < b ? -1 : 1));
}

function mappingAt(value: JsonObject, field: string): JsonObject {
  const found = ownKey(value, field);
  if (isObject(found)) return found;
  const made: JsonObject = {};
  value[field] = made;
  return made;
}

/** Base64 as Go's YAML library writes binary values: lines of 70 characters, each ended, if there is more than one. */
function base64Lines(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString("base64");
  return text.length < 70 ? text : text.replace(/.{1,70}/g, "$&\n");
}

function finished(value: JsonObject, entry: ConfigMapEntry, context: GeneratorContext): Resource {
  const options = mergeOptions(entry.options, context.options);
  const resource = new Resource(value, context);
  if (options.labels.size > 0) resource.setLabels(options.labels);
  if (options.annotations.size > 0) resource.setAnnotations(options.annotations);
  if (options.immutable) value["immutable"] = true;
  resource.needsHash = !options.disableNameSuffixHash;
  resource.behavior = behaviorOf(entry.behavior);
  return resource;
}

/** An entry's own options win over those of the kustomization, but a flag that is set anywhere is set. */
function mergeOptions(own: GeneratorOptions | undefined, global: GeneratorOptions | undefined): GeneratorOptions {
  return {
    labels: new Map([...(global?.labels ?? []), ...(own?.labels ?? [])]),
    annotations: new Map([...(global?.annotations ?? []), ...(own?.annotations ?? [])]),
    disableNameSuffixHash: own?.disableNameSuffixHash === true || global?.disableNameSuffixHash === true,
    immutable: own?.immutable === true || global?.immutable === true,
  };
}

function behaviorOf(text: string): Behavior {
  return text === "create" || text === "replace" || text === "merge" ? text : "unspecified";
}

/**
 * Adds a generated resource, or replaces or merges the one that has or had its id.
 * @throws {KustomizeError} GENERATOR_FAILED if the behavior does not fit what is there.
 * @source kustomize api/resmap `AbsorbAll`
 */
export function absorb(set: ResourceSet, made: Resource): void {
  const found = set.withAnyId(made.id);
  const [old] = found;
  const combines = made.behavior === "merge" || made.behavior === "replace";
  if (found.length > 1) throw refused(made, `${found.length} resources could take it`);
  if (old === undefined) {
    if (combines) throw refused(made, `it does not exist; cannot ${made.behavior} it`);
    set.append(made);
    return;
  }
  if (!combines) throw refused(made, 'it exists already; its behavior must be "merge" or "replace"');
  inherit(made, old);
  if (made.behavior === "merge") {
    for (const field of ["data", "binaryData"]) mergeTexts(made, old, field);
    keepOrigin(made, old);
  }
  made.behavior = old.behavior;
  old.successor = made;
  set.replace(old, made);
}

function refused(made: Resource, fact: string) {
  return failure("GENERATOR_FAILED", `cannot generate ${describeId(made.id)}: ${fact}`, { place: made.origin });
}

function inherit(made: Resource, old: Resource): void {
  made.setLabels(new Map([...old.labels, ...made.labels]));
  made.setAnnotations(new Map([...old.annotations, ...made.annotations]));
  made.setName(old.name);
  made.setNamespace(old.namespace);
  made.needsHash &&= old.needsHash;
  made.past = old.past;
  made.prefixes = old.prefixes;
  made.suffixes = old.suffixes;
}

function mergeTexts(made: Resource, old: Resource, field: string): void {
  const merged: JsonObject = {};
  for (const source of [ownKey(old.value, field), ownKey(made.value, field)]) {
    if (!isObject(source)) continue;
    for (const key of Object.keys(source)) setKey(merged, key, textOf(source[key]));
  }
  if (Object.keys(merged).length === 0) delete made.value[field];
  else made.value[field] = merged;
}
