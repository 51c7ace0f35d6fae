/**
 * The base of every room's error class. Callers match on `code`, never on the message.
 *
 * A message reads: action, quoted subject, colon, fact; no period at the end, no secret in it.
 *
 * @typeParam C the room's error codes
 * @typeParam D the facts that go with the code
 */
export class ToolkitError<C extends string = string, D = unknown> extends Error {
  readonly code: C;
  readonly data: D;

  constructor(code: C, message: string, data: D, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
    this.data = data;
  }
}

/** The text of anything that was thrown: an Error's message, else its string form. */
export function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}

/** True for the error that an aborted `AbortSignal` raises, or for one caused by it. */
export function isAbort(thrown: unknown): boolean {
  return thrown instanceof Error && (thrown.name === "AbortError" || isAbort(thrown.cause));
}
