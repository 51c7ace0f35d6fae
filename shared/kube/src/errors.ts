import { ToolkitError } from "@sluice/base";

/** One entry of `Status.details.causes`: for a conflict, `message` names the other field manager and `field` what it owns. */
export interface StatusCause {
  reason: string;
  message: string;
  field: string;
}

/** What an answer said when it was not the one asked for. */
export interface StatusFacts {
  /** HTTP status; 0 if no answer came. */
  status: number;
  /** `Status.reason`, such as `NotFound`; the name of the connection error if no answer came. */
  reason: string;
  /** `Status.message` as the server wrote it: it may repeat values of the object that was sent, so mask Secrets before showing it. */
  message: string;
  causes: readonly StatusCause[];
  /** How long the server asks to wait, in milliseconds, already bounded; absent if it did not say. */
  retryAfterMs?: number;
}

/** Every way in which this room fails. */
export interface KubeErrors {
  /** 400, and every 4xx that has no code of its own. */
  BAD_REQUEST: StatusFacts;
  /** 401, after credentials were read once more. */
  UNAUTHORIZED: StatusFacts;
  /** 403. */
  FORBIDDEN: StatusFacts;
  /** 404: this object, or the namespace it goes into, does not exist. */
  NOT_FOUND: StatusFacts;
  /** The API server does not serve this kind, or not in this version. */
  KIND_NOT_SERVED: { apiVersion: string; kind: string };
  /** 409: another resourceVersion or uid, or, for an apply, fields that other managers own (`causes`). */
  CONFLICT: StatusFacts;
  /** 409 with reason AlreadyExists. */
  ALREADY_EXISTS: StatusFacts;
  /** 410: the resourceVersion or the continue token is too old. */
  EXPIRED: StatusFacts;
  /** 413. */
  REQUEST_TOO_LARGE: StatusFacts;
  /** 422: `causes` names the fields. */
  INVALID: StatusFacts;
  /** 429, after the waits that the server asked for. */
  TOO_MANY_REQUESTS: StatusFacts;
  /**
   * 500: a webhook that cannot be called or misbehaves, a fault of the server, and also objects that it cannot make sense of, such
   * as an apply with a field that its schema lacks. Trying again at once does not help.
   */
  INTERNAL: StatusFacts;
  /** 502, 503 and other 5xx, or no connection: the server cannot be reached or is not ready. */
  UNAVAILABLE: StatusFacts;
  /** The server (504) or this client gave up waiting. */
  TIMEOUT: StatusFacts;
  /**
   * An answer or a watch that cannot be used. After `cut` (the connection ended in the middle) and `silent` (nothing came for too
   * long) all that was read before is good; `garbled` (not JSON, unknown event) and `too-large` leave no such trust.
   */
  BROKEN: { how: "cut" | "silent" | "garbled" | "too-large"; detail: string };
  /** Credentials that cannot be read or make no sense. */
  CREDENTIALS: { source: string };
}

/** The one error class of this room; match on `code`. */
export class KubeError<C extends keyof KubeErrors = keyof KubeErrors> extends ToolkitError<C, KubeErrors[C]> {}

/** True if `thrown` is a KubeError with one of `codes`; with none given, if it is a KubeError at all. */
export function isKubeError<C extends keyof KubeErrors = keyof KubeErrors>(
  thrown: unknown,
  ...codes: readonly C[]
): thrown is KubeError<C> {
  return thrown instanceof KubeError && (codes.length === 0 || (codes as readonly string[]).includes(thrown.code));
}
