import { ToolkitError } from "@sluice/base";

/** What can go wrong on the bus. Publishing never fails; only decoding and waiting do. */
export interface BusErrors {
  /** A message or notice is not what its schema says; `field` names the part. */
  INVALID_MESSAGE: { field: string };
  /** The bus was disposed while somebody waited for it. */
  CLOSED: Record<never, never>;
}

/** The error of this room. */
export class BusError<C extends keyof BusErrors = keyof BusErrors> extends ToolkitError<C, BusErrors[C]> {}
