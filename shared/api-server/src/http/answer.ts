import { type ServerResponse } from "node:http";
import { dumpYaml, type Json, type JsonObject, parseJson, stringifyJson } from "@sluice/base";
import { type StatusError } from "../registry/status-error.ts";
import { type Accepted } from "./accept.ts";

/** How a body is written. */
export interface AnswerOptions {
  /** HTTP status; 200 by default. */
  httpCode?: number;
  accepted?: Accepted;
  /** Texts of `Warning` headers. */
  warnings?: readonly string[];
  /** Indented JSON. */
  pretty?: boolean;
}

/** Ends the response with a JSON text, written in the format that was asked for. */
export function answerText(response: ServerResponse, text: string, options: AnswerOptions = {}): void {
  const { httpCode = 200, accepted, warnings = [], pretty = false } = options;
  const body = accepted?.format === "yaml" ? dumpYaml(parseJson(text)) : pretty ? indented(text) : text;
  const headers: { [name: string]: string | string[] | number } = {
    "content-type": accepted?.contentType ?? "application/json",
    "content-length": Buffer.byteLength(body),
    "cache-control": "no-cache, private",
  };
  if (warnings.length > 0) headers["warning"] = warnings.map(warningHeader);
  response.writeHead(httpCode, headers);
  response.end(body);
}

/** Ends the response with a JSON value. */
export function answerJson(response: ServerResponse, body: JsonObject, options: AnswerOptions = {}): void {
  answerText(response, stringifyJson(body), options);
}

/** Ends the response with plain text. */
export function answerPlain(response: ServerResponse, text: string, httpCode = 200): void {
  const headers = { "content-type": "text/plain; charset=utf-8", "content-length": Buffer.byteLength(text) };
  response.writeHead(httpCode, { ...headers, "x-content-type-options": "nosniff" });
  response.end(text);
}

/** Ends the response with a `Status`; errors are told in JSON whatever was asked for, unless that was YAML. */
export function answerError(response: ServerResponse, error: StatusError, accepted?: Accepted): void {
  const format = accepted?.format === "yaml" ? accepted : undefined;
  answerJson(response, error.toStatus(), { httpCode: error.data.httpCode, ...(format && { accepted: format }) });
}

/** The `Warning` header's form: code 299, no agent, the text quoted. Characters that a header cannot carry become `?`. */
function warningHeader(text: string): string {
  const safe = text.replace(/[^\x20-\x7e\x80-\xff]/g, "?").slice(0, 1024);
  return `299 - ${JSON.stringify(safe)}`;
}

function indented(text: string): string {
  return `${JSON.stringify(parseJson(text), replaceBigInt, 2)}\n`;
}

function replaceBigInt(_key: string, value: Json): Json {
  return typeof value === "bigint" ? Number(value) : value;
}
