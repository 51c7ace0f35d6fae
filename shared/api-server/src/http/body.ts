import { type IncomingMessage } from "node:http";
import { isObject, type Json, messageOf, parseJson, parseYaml } from "@sluice/base";
import { decodeProtobuf, openEnvelope } from "../protobuf/decode.ts";
import { type MessageTypes } from "../protobuf/message-types.ts";
import { WireError } from "../protobuf/wire.ts";
import { badRequest, StatusError } from "../registry/status-error.ts";
import { definitionOfKind } from "../schema/definitions.ts";
import { type Exchange } from "./exchange.ts";
import { repeatedKeys } from "./repeated-keys.ts";

/** Longest body that is read. @source kube-apiserver `--max-request-body-bytes`, 3 MiB */
const LIMIT_BYTES = 3 * 1024 * 1024;

/**
 * Reads a request's body.
 * @throws {StatusError} 413 beyond 3 MiB; the rest is then not read.
 */
async function readBytes(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  if (Number(request.headers["content-length"] ?? 0) > LIMIT_BYTES) throw tooLarge();
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMIT_BYTES) throw tooLarge();
    chunks.push(chunk);
  }
  return chunks.length === 1 ? (chunks[0] as Buffer) : Buffer.concat(chunks);
}

/** A request's body as text. @throws {StatusError} as `readBytes`. */
export async function readBody(request: IncomingMessage): Promise<string> {
  return (await readBytes(request)).toString("utf8");
}

function tooLarge(): StatusError {
  const message = `Request entity too large: limit is ${LIMIT_BYTES}`;
  return new StatusError("RequestEntityTooLarge", message, { httpCode: 413 });
}

/** The media type of a `Content-Type` header, without its parameters; JSON if there is none. */
export function mediaType(header: string | undefined): string {
  const type = (header ?? "").split(";")[0]?.trim().toLowerCase();
  return type === undefined || type === "" ? "application/json" : type;
}

/** A decoded body, and `duplicate field "x"` for each key that it repeats. */
export interface Decoded {
  value: Json;
  duplicates: string[];
}

/**
 * Reads and decodes an object that was sent to be created or to replace another, or options that were.
 * @param kind what the object should be, for the error's text.
 * @throws {StatusError} 415 for a media type that is not known, 400 if the body is not what it says, 413.
 */
export async function readObject({ request, server }: Exchange, kind: string): Promise<Decoded> {
  const type = mediaType(request.headers["content-type"]);
  const bytes = await readBytes(request);
  if (type === "application/json") return decodeJson(bytes.toString("utf8"), kind);
  if (type === "application/yaml") return { value: decodeYaml(bytes.toString("utf8")), duplicates: [] };
  if (type === "application/vnd.kubernetes.protobuf")
    return { value: fromProtobuf(bytes, kind, server.messages), duplicates: [] };
  const message =
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf";
  throw new StatusError("UnsupportedMediaType", message, { httpCode: 415 });
}

function fromProtobuf(bytes: Buffer, kind: string, types: MessageTypes): Json {
  try {
    const envelope = openEnvelope(bytes);
    const definition = definitionOfKind(envelope.apiVersion, envelope.kind);
    if (definition === undefined)
      throw new WireError(`no kind "${envelope.kind}" is registered for version "${envelope.apiVersion}"`);
    return decodeProtobuf(envelope, definition, types);
  } catch (thrown) {
    throw badRequest(`the object provided is unrecognized (must be of type ${kind}): ${messageOf(thrown)}`);
  }
}

function decodeJson(text: string, kind: string): Decoded {
  try {
    const value = parseJson(text);
    if (isObject(value)) return { value, duplicates: repeatedKeys(text) };
  } catch (thrown) {
    throw badRequest(`${unrecognized(kind)}: ${jsonFault(text, thrown)} (${shownBytes(text)})`);
  }
  const struct =
    'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';
  throw badRequest(
    `${unrecognized(kind)}: json: cannot unmarshal ${jsonType(text)} into Go value of type ${struct} (${shownBytes(text)})`,
  );
}

function jsonType(text: string): string {
  const first = text.trimStart()[0] ?? "";
  if (first === "[") return "array";
  if (first === '"') return "string";
  return first === "t" || first === "f" ? "bool" : "number";
}

function unrecognized(kind: string): string {
  return `the object provided is unrecognized (must be of type ${kind}): couldn't get version/kind; json parse error`;
}

/** The first bytes of a body as error messages show them. @source `runtime.unrecognizedObject...` in the API server: text, or hexadecimal */
function shownBytes(text: string): string {
  if (text === "") return "<empty>";
  return text.length < 2 ? text : Buffer.from(text.slice(0, 40)).toString("hex");
}

/** Go's words for the commonest fault; the parser's own for the others. */
function jsonFault(text: string, thrown: unknown): string {
  const message = messageOf(thrown);
  const position = Number(/at position ([0-9]+)/.exec(message)?.[1] ?? -1);
  const atEnd = text.trim() === "" || position >= text.length || /end of JSON input|Unterminated/i.test(message);
  return atEnd ? "unexpected end of JSON input" : message;
}

/**
 * Decodes YAML, which JSON is too, as the API server does: a key that is repeated keeps its last value.
 * @throws {StatusError} 400.
 */
function decodeYaml(text: string): Json {
  try {
    return parseYaml(text, { dialect: "sigs", duplicateKeys: "last" });
  } catch (thrown) {
    throw badRequest(`error decoding YAML: error converting YAML to JSON: yaml: ${messageOf(thrown)}`);
  }
}

/**
 * Decodes the body of a patch in JSON.
 * @param complaint what its error begins with.
 * @throws {StatusError} 400.
 */
export function decodePatch(text: string, complaint = "error decoding patch: "): Json {
  try {
    return parseJson(text);
  } catch (thrown) {
    throw badRequest(`${complaint}${jsonFault(text, thrown)}`);
  }
}

/**
 * Decodes the body of a server-side apply: YAML, and JSON more quickly.
 * @throws {StatusError} 400.
 */
export function decodeApply(text: string): Json {
  if (!/^\s*\{/.test(text)) return decodeYaml(text);
  try {
    return parseJson(text);
  } catch {
    return decodeYaml(text);
  }
}
