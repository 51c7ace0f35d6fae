import { type Json, parseJson, stringifyJson } from "@sluice/base";
import { invalid, literal, record, text } from "./schema.ts";
import { type Topic } from "./topics.ts";

/** Longest message that is sent or accepted. The largest valid notice is well below it. */
export const maxMessageBytes = 64 * 1024;

/**
 * The CloudEvents attributes that differ from message to message.
 * @source CloudEvents 1.0, JSON event format
 */
export interface Envelope<T> {
  /** Unique for each publishing; a repetition of the same publishing has the same id. */
  id: string;
  /** Who published it, a URI reference such as `/sluice/source-controller`. */
  source: string;
  /** When, RFC 3339. */
  time: string;
  data: T;
}

const attributes = {
  specversion: literal("1.0"),
  datacontenttype: literal("application/json"),
  id: text(128),
  source: text(512),
  time: text(64, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/),
};

/**
 * The bytes of a message.
 * @throws {BusError} INVALID_MESSAGE if it could not be decoded again.
 */
export function encodeEnvelope<T extends object>(topic: Topic<T>, envelope: Envelope<T>): Uint8Array {
  const { id, source, time, data } = envelope;
  const json = { specversion: "1.0", id, source, type: topic.type, time, datacontenttype: "application/json" };
  const bytes = Buffer.from(stringifyJson({ ...json, data: { ...(data as { [key: string]: Json }) } }));
  decodeEnvelope(topic, topic.subjectOf(data), bytes);
  return bytes;
}

/**
 * Reads a message that arrived on `subject`. Nothing in it is trusted: its size, its form, each attribute, that there
 * are no others, and that its data is about the object that the subject names.
 * @throws {BusError} INVALID_MESSAGE
 */
export function decodeEnvelope<T extends object>(topic: Topic<T>, subject: string, bytes: Uint8Array): Envelope<T> {
  if (bytes.length > maxMessageBytes) throw invalid("message", `over ${maxMessageBytes} bytes`);
  const read = record<Envelope<T> & { type: string; specversion: string; datacontenttype: string }>({
    ...attributes,
    type: literal(topic.type),
    data: topic.read,
  });
  const { id, source, time, data } = read(parse(bytes), "message");
  if (topic.subjectOf(data) !== subject) throw invalid("message.data", "not about the object of its subject");
  return { id, source, time, data };
}

function parse(bytes: Uint8Array): Json {
  try {
    return parseJson(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw invalid("message", "not JSON");
  }
}
