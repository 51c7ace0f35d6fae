import { type Json, type JsonObject, ToolkitError } from "@sluice/base";
import { causeReasons, type FieldError, fieldErrorBody, fieldErrorsText } from "../schema/field-error.ts";

/** `metav1.StatusReason` values that this server answers; `Unknown` is shown as no reason at all. */
export type StatusReason =
  | "Unauthorized"
  | "Forbidden"
  | "NotFound"
  | "AlreadyExists"
  | "Conflict"
  | "Expired"
  | "Invalid"
  | "Timeout"
  | "BadRequest"
  | "MethodNotAllowed"
  | "NotAcceptable"
  | "RequestEntityTooLarge"
  | "UnsupportedMediaType"
  | "InternalError"
  | "Unknown";

/** `metav1.StatusDetails`. */
type StatusDetails = {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: { reason?: string; message: string; field?: string }[];
  retryAfterSeconds?: number;
};

/** What the client is told besides the message. */
export interface StatusFacts {
  /** HTTP status, 400 to 599. */
  httpCode: number;
  details?: StatusDetails;
}

/** A request that fails, in the API server's words: thrown anywhere below the HTTP layer, which writes it as a `Status`. */
export class StatusError extends ToolkitError<StatusReason, StatusFacts> {
  /** The `metav1.Status` body. */
  toStatus(): JsonObject {
    const { httpCode, details } = this.data;
    return {
      kind: "Status",
      apiVersion: "v1",
      metadata: {},
      status: "Failure",
      message: this.message,
      reason: this.code === "Unknown" ? undefined : this.code,
      details: details as JsonObject | undefined,
      code: httpCode,
    };
  }
}

/** The part of a resource that error messages name. */
export interface NamedResource {
  group: string;
  plural: string;
}

/** The part of a kind that error messages name. */
export interface NamedKind {
  group: string;
  kind: string;
}

/** `deployments.apps`, or `pods` for the core group. */
export function qualified(name: string, group: string): string {
  return group === "" ? name : `${name}.${group}`;
}

function detailsOf(resource: NamedResource, name: string): StatusDetails {
  return { ...(name && { name }), ...(resource.group && { group: resource.group }), kind: resource.plural };
}

export function notFound(resource: NamedResource, name: string): StatusError {
  const message = `${qualified(resource.plural, resource.group)} ${quote(name)} not found`;
  return new StatusError("NotFound", message, { httpCode: 404, details: detailsOf(resource, name) });
}

/** No such path, or no such resource in a group that is served. */
export function unknownResource(): StatusError {
  const message = "the server could not find the requested resource";
  return new StatusError("NotFound", message, { httpCode: 404, details: {} });
}

/** @param beingDeleted the object that has the name is on its way out. */
export function alreadyExists(resource: NamedResource, name: string, beingDeleted = false): StatusError {
  const message = `${beingDeleted ? "object is being deleted: " : ""}${qualified(resource.plural, resource.group)} ${quote(name)} already exists`;
  return new StatusError("AlreadyExists", message, { httpCode: 409, details: detailsOf(resource, name) });
}

/** 409: `why` follows "Operation cannot be fulfilled on ...". */
export function conflict(resource: NamedResource, name: string, why: string): StatusError {
  const message = `Operation cannot be fulfilled on ${qualified(resource.plural, resource.group)} ${quote(name)}: ${why}`;
  return new StatusError("Conflict", message, { httpCode: 409, details: detailsOf(resource, name) });
}

/** 409 of optimistic concurrency. */
export function modified(resource: NamedResource, name: string): StatusError {
  const why = "the object has been modified; please apply your changes to the latest version and try again";
  return conflict(resource, name, why);
}

/** 422 that lists every fault of the object. */
export function invalid(kind: NamedKind, name: string, errors: readonly FieldError[]): StatusError {
  const message = `${qualified(kind.kind, kind.group)} ${quote(name)} is invalid: ${fieldErrorsText(errors)}`;
  const causes = errors.map((error) => ({
    reason: causeReasons[error.type],
    message: fieldErrorBody(error),
    field: error.field,
  }));
  const details = {
    ...(name && { name }),
    ...(kind.group && { group: kind.group }),
    ...(kind.kind && { kind: kind.kind }),
    causes,
  };
  return new StatusError("Invalid", message, { httpCode: 422, details });
}

/** 422 of a request option such as `dryRun`. `kind`: CreateOptions, PatchOptions, ... */
export function invalidOption(kind: string, errors: readonly FieldError[]): StatusError {
  return invalid({ group: "meta.k8s.io", kind }, "", errors);
}

export function badRequest(message: string): StatusError {
  return new StatusError("BadRequest", message, { httpCode: 400 });
}

export function unauthorized(): StatusError {
  return new StatusError("Unauthorized", "Unauthorized", { httpCode: 401 });
}

export function forbidden(resource: NamedResource, name: string, why: string): StatusError {
  const message = `${qualified(resource.plural, resource.group)} ${quote(name)} is forbidden: ${why}`;
  return new StatusError("Forbidden", message, { httpCode: 403, details: detailsOf(resource, name) });
}

export function methodNotAllowed(): StatusError {
  const message = "the server does not allow this method on the requested resource";
  return new StatusError("MethodNotAllowed", message, { httpCode: 405, details: {} });
}

/** 410: the resource version or continue token is older than what is remembered. */
export function expired(message: string): StatusError {
  return new StatusError("Expired", message, { httpCode: 410 });
}

export function internalError(message: string): StatusError {
  return new StatusError("InternalError", message, { httpCode: 500 });
}

/** 500 without a reason, as the API server answers some malformed options. */
export function unknownError(message: string): StatusError {
  return new StatusError("Unknown", message, { httpCode: 500 });
}

/** A string as Go's `%q` prints it, for the texts that occur here. */
export function quote(text: Json): string {
  return JSON.stringify(text);
}
