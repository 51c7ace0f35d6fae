import {
  atOnce,
  isObject,
  type Json,
  type JsonObject,
  ownKey,
  type ScalarTexts,
  setKey,
  type Steps,
  type YamlDocument,
  yamlDocuments,
  YamlError,
} from "@sluice/base";
import { failure } from "./errors.ts";
import { isEmptyNode, textOf } from "./node.ts";
import { hasTexts } from "./scalar-texts.ts";

/** An object of a manifest file and the line (from 1) of its document. */
export interface ManifestObject {
  value: JsonObject;
  line: number;
  /** How its scalars were written, where their values do not tell. */
  texts: ScalarTexts;
  /** Whether `texts` tells anything. */
  hasTexts: boolean;
}

/**
 * Reads the Kubernetes objects of a file. Empty documents are dropped; the items of a list are taken out of it and put at
 * the end; annotations become texts as they were written, but in patches a null stays, because it deletes.
 * @throws {KustomizeError} MANIFEST_INVALID with file and line.
 * @source kustomize api/resource `Factory.RNodesFromBytes`, kyaml/kio `ByteReader`
 */
export function parseManifests(
  content: string,
  file: string,
  role: "resources" | "patches" = "resources",
): ManifestObject[] {
  return atOnce(readManifests(content, file, role));
}

/** As `parseManifests`, a document a step. @throws {KustomizeError} MANIFEST_INVALID */
export function* readManifests(
  content: string,
  file: string,
  role: "resources" | "patches" = "resources",
): Steps<ManifestObject[]> {
  const texts: ScalarTexts = new WeakMap();
  const documents = yield* parseDocuments(content, { file, texts });
  const queue = documents.length === 1 ? unwrapped(documents) : documents;
  const written = yield* writtenDocuments(content, { file, texts });
  const objects: Omit<ManifestObject, "hasTexts">[] = [];
  for (let at = 0; at < queue.length; at += 1) {
    const { value, line } = queue[at]!;
    if (isEmptyNode(value)) continue;
    const object = checked(value, { file, line });
    const items = itemsOf(object, { file, line });
    if (items === undefined) objects.push({ value: asWritten(object, written?.[at]), line, texts });
    else queue.push(...items.map((item) => ({ value: item, line })));
  }
  for (const { value } of objects) textualAnnotations(value, { texts, keepNull: role === "patches" });
  return objects.map((object) => ({ ...object, hasTexts: hasTexts(object.value, texts) }));
}

interface Source {
  file: string;
  line: number;
}

function* parseDocuments(
  content: string,
  context: { file: string; texts: ScalarTexts },
  refold = false,
): Steps<YamlDocument[]> {
  const documents: YamlDocument[] = [];
  try {
    for (const document of yamlDocuments(content.replaceAll("\r\n", "\n"), { scalarTexts: context.texts, refold })) {
      if (documents.length > 0) yield;
      documents.push(document);
    }
    return documents;
  } catch (thrown) {
    if (!(thrown instanceof YamlError)) throw thrown;
    const line = "line" in thrown.data ? { line: thrown.data.line } : {};
    throw failure("MANIFEST_INVALID", thrown.message, { place: { file: context.file, ...line }, cause: thrown });
  }
}

/**
 * The documents as kustomize has them after writing them once, with folded texts changed on the way; undefined if nothing
 * is folded. The items of a list among other documents are not written.
 */
function* writtenDocuments(
  content: string,
  context: { file: string; texts: ScalarTexts },
): Steps<YamlDocument[] | undefined> {
  if (!/(?:^|\s)>[-+0-9]{0,2}[ \t\r]*(?:#.*)?$/m.test(content)) return undefined;
  const documents = yield* parseDocuments(content, context, true);
  return documents.length === 1 ? unwrapped(documents) : documents;
}

/** The object as it was written, but for labels and annotations, which are set anew. */
function asWritten(object: JsonObject, document: YamlDocument | undefined): JsonObject {
  if (document === undefined || !isObject(document.value)) return object;
  const [read, written] = [ownKey(object, "metadata"), ownKey(document.value, "metadata")];
  if (!isObject(read) || !isObject(written)) return document.value;
  for (const field of ["labels", "annotations"]) {
    const value = ownKey(read, field);
    if (value !== undefined) setKey(written, field, value);
  }
  return document.value;
}

function unwrapped([only]: readonly YamlDocument[]): YamlDocument[] {
  if (only === undefined) return [];
  const { value, line } = only;
  const kind = isObject(value) ? textOf(ownKey(value, "kind")) : "";
  const items = isObject(value) ? ownKey(value, "items") : undefined;
  if ((kind !== "List" && kind !== "ResourceList") || !Array.isArray(items)) return [only];
  return items.map((item) => ({ value: item, line }));
}

function checked(value: Json, place: Source): JsonObject {
  if (!isObject(value)) throw invalid("not a Kubernetes object: a mapping is due", place);
  const kind = textOf(ownKey(value, "kind"));
  if (kind === "") throw invalid('not a Kubernetes object: "kind" is missing', place);
  const metadata = ownKey(value, "metadata");
  const name = isObject(metadata) ? textOf(ownKey(metadata, "name")) : "";
  if (name === "" && !kind.endsWith("List")) throw invalid(`${kind} lacks "metadata.name"`, place);
  const annotations = isObject(metadata) ? ownKey(metadata, "annotations") : undefined;
  if (Array.isArray(annotations)) throw invalid(`"metadata.annotations" of ${kind} "${name}" is not a mapping`, place);
  return value;
}

function itemsOf(value: JsonObject, place: Source): readonly Json[] | undefined {
  const kind = textOf(ownKey(value, "kind"));
  const items = ownKey(value, "items");
  if (!kind.endsWith("List") || items === undefined) return undefined;
  if (items === null) return [];
  if (!Array.isArray(items)) throw invalid(`"items" of ${kind} is not a list`, place);
  return items;
}

/** Annotations are texts; kustomize takes what is not quoted as it is written. */
function textualAnnotations(value: JsonObject, how: { texts: ScalarTexts; keepNull: boolean }): void {
  const metadata = ownKey(value, "metadata");
  const annotations = isObject(metadata) ? ownKey(metadata, "annotations") : undefined;
  if (!isObject(annotations)) return;
  const written = how.texts.get(annotations);
  for (const key of Object.keys(annotations)) {
    const given = annotations[key];
    const text = written?.get(key);
    if (given === undefined || (given === null && how.keepNull)) continue;
    if (typeof given === "string" && text === undefined) continue;
    setKey(annotations, key, text ?? (typeof given === "object" && given !== null ? "" : String(given)));
  }
}

function invalid(fact: string, place: Source) {
  return failure("MANIFEST_INVALID", fact, { place });
}
