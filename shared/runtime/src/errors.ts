import { ToolkitError } from "@sluice/base";

/** Every way in which this room fails. */
export interface RuntimeErrors {
  /** A write after the lease had run out, or another process took it over. */
  LEADERSHIP_LOST: Record<never, never>;
  /** An address that a server cannot listen on. */
  LISTEN: { address: string };
  /** Somebody else changed the same status fields during the run, which therefore worked from what is no longer true. */
  STATUS_CHANGED: { fields: readonly string[] };
}

/** The one error class of this room; match on `code`. */
export class RuntimeError<C extends keyof RuntimeErrors = keyof RuntimeErrors> extends ToolkitError<
  C,
  RuntimeErrors[C]
> {}
