import { isObject, type Json, type JsonObject, ownKey, parseJson } from "@sluice/base";
import { KubeError, type KubeErrors, type StatusCause, type StatusFacts } from "./errors.ts";
import { retryAfterMs } from "./retry.ts";

type StatusCode = { [C in keyof KubeErrors]: KubeErrors[C] extends StatusFacts ? C : never }[keyof KubeErrors];

/** Reason given to a 404 that names no object: the path is unknown, and nothing is said about any object. */
export const pathNotFound = "PathNotFound";

const LONGEST_PLAIN_TEXT = 1024;

/** What a call is about, for the messages of its errors: `apply` and `Deployment/default/web`. */
export interface Subject {
  action: string;
  subject: string;
}

/** What an answer with a status of 400 or more says; its text need not be a Status object. */
export function factsOfAnswer(answer: { status: number; text: string; retryAfter?: string | undefined }): StatusFacts {
  const value = readJson(answer.text);
  const facts = factsOfStatus(value, answer.status);
  if (answer.status === 404 && !namesAnObject(value)) facts.reason = pathNotFound;
  const waitMs = retryAfterMs(answer.retryAfter) ?? facts.retryAfterMs;
  const message = facts.message || plainText(answer.text) || `HTTP status ${answer.status}`;
  const { retryAfterMs: _, ...rest } = facts;
  return waitMs === undefined ? { ...rest, message } : { ...rest, message, retryAfterMs: waitMs };
}

/** The facts of a `Status` object as it comes in a body or in an ERROR event; missing parts are empty. */
export function factsOfStatus(value: Json | undefined, httpStatus: number): StatusFacts {
  const status = isObject(value) ? value : {};
  const details = objectAt(status, "details");
  const code = ownKey(status, "code");
  const wait = ownKey(details, "retryAfterSeconds");
  const facts: StatusFacts = {
    status: httpStatus || (typeof code === "number" ? code : 0),
    reason: textAt(status, "reason"),
    message: textAt(status, "message"),
    causes: causesOf(details),
  };
  const waitMs = typeof wait === "number" && wait > 0 ? retryAfterMs(String(wait)) : undefined;
  return waitMs === undefined ? facts : { ...facts, retryAfterMs: waitMs };
}

/** The error that `facts` stand for. */
export function statusError(facts: StatusFacts, { action, subject }: Subject, cause?: unknown): KubeError {
  const options = cause === undefined ? undefined : { cause };
  return new KubeError(codeOf(facts), `Cannot ${action} "${subject}": ${facts.message}`, facts, options);
}

/** Facts of a call that got no answer; reason `Timeout` makes the error TIMEOUT, any other UNAVAILABLE. */
export function factsWithoutAnswer(reason: string, message: string): StatusFacts {
  return { status: 0, reason, message, causes: [] };
}

function namesAnObject(value: Json | undefined): boolean {
  return isObject(value) && textAt(objectAt(value, "details"), "name") !== "";
}

function codeOf({ status, reason }: StatusFacts): StatusCode {
  switch (status) {
    case 401:
      return "UNAUTHORIZED";
    case 403:
      return "FORBIDDEN";
    case 404:
      return "NOT_FOUND";
    case 409:
      return reason === "AlreadyExists" ? "ALREADY_EXISTS" : "CONFLICT";
    case 410:
      return "EXPIRED";
    case 413:
      return "REQUEST_TOO_LARGE";
    case 422:
      return "INVALID";
    case 429:
      return "TOO_MANY_REQUESTS";
    case 500:
      return "INTERNAL";
    case 408:
    case 504:
      return "TIMEOUT";
    case 0:
      return reason === "Timeout" ? "TIMEOUT" : "UNAVAILABLE";
    default:
      return status >= 400 && status < 500 ? "BAD_REQUEST" : "UNAVAILABLE";
  }
}

function causesOf(details: JsonObject): StatusCause[] {
  const causes = ownKey(details, "causes");
  if (!Array.isArray(causes)) return [];
  return causes.filter(isObject).map((cause) => ({
    reason: textAt(cause, "reason"),
    message: textAt(cause, "message"),
    field: textAt(cause, "field"),
  }));
}

function readJson(text: string): Json | undefined {
  if (!text.startsWith("{")) return undefined;
  try {
    return parseJson(text);
  } catch {
    return undefined;
  }
}

function plainText(text: string): string {
  return text.startsWith("{") || text.startsWith("<") ? "" : text.slice(0, LONGEST_PLAIN_TEXT).trim();
}

function objectAt(source: JsonObject, key: string): JsonObject {
  const value = ownKey(source, key);
  return isObject(value) ? value : {};
}

function textAt(source: JsonObject, key: string): string {
  const value = ownKey(source, key);
  return typeof value === "string" ? value : "";
}
