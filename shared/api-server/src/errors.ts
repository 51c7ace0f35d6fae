import { ToolkitError } from "@sluice/base";

/** Why the server did not start. */
export interface ApiServerErrors {
  /** The address cannot be listened on. */
  LISTEN_FAILED: { host: string; port: number };
  /** The snapshot file is not one of ours, or is damaged beyond its last line. */
  SNAPSHOT_INVALID: { file: string; line: number };
}

/** The room's error class: match on `code`. What clients of a running server are told is a `Status`, not this. */
export class ApiServerError<C extends keyof ApiServerErrors = keyof ApiServerErrors> extends ToolkitError<
  C,
  ApiServerErrors[C]
> {}
