/**
 * The four endings of a run: `Done` is returned; `Waiting`, `Stalled` and `Failed` are thrown. There are no others; any other error is
 * turned into one of them by the kind's verdicts.
 */

/** The object is as wanted. */
export interface Done {
  /** Reason and message of Ready=True. */
  reason: string;
  message: string;
  /** Milliseconds until the safety-net run; jittered by the controller. */
  afterMs: number;
}

/** Not a failure: something else has to happen first. The run is woken by what it waits for. */
export class Waiting extends Error {
  readonly reason: string;
  /** Topics that end the wait, such as `Kustomization/default/infra`. */
  readonly until: readonly string[];
  /** `False` if the object is not as wanted, `Unknown` if that is still being found out. */
  readonly ready: "False" | "Unknown";
  /** Safety net under a lost wake-up, in milliseconds. */
  readonly afterMs: number;
  /** Monotonic time of the beginning of the wait. Given, a wait of an open outcome is shown only if it takes long. */
  readonly sinceMs: number | undefined;

  constructor(
    reason: string,
    message: string,
    options: { until: readonly string[]; afterMs: number; ready?: "False" | "Unknown"; sinceMs?: number },
  ) {
    super(message);
    this.name = "Waiting";
    this.reason = reason;
    this.until = options.until;
    this.ready = options.ready ?? "False";
    this.afterMs = options.afterMs;
    this.sinceMs = options.sinceMs;
  }
}

/** Only a change of the object's spec helps. */
export class Stalled extends Error {
  readonly reason: string;
  /** As `Failed.condition`. */
  readonly condition: string | undefined;

  constructor(reason: string, message: string, options: { cause?: unknown; condition?: string } = {}) {
    super(message, { cause: options.cause });
    this.name = "Stalled";
    this.reason = reason;
    this.condition = options.condition;
  }
}

/** Worth another try: after `afterMs`, or with exponential backoff if that is absent. */
export class Failed extends Error {
  readonly reason: string;
  readonly afterMs: number | undefined;
  /** A condition of negative polarity that becomes True with the same reason and message, such as `FetchFailed`. */
  readonly condition: string | undefined;
  /** Topics that make another try worthwhile at once. */
  readonly until: readonly string[];

  constructor(
    reason: string,
    message: string,
    options: { cause?: unknown; afterMs?: number; condition?: string; until?: readonly string[] } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = "Failed";
    this.reason = reason;
    this.afterMs = options.afterMs;
    this.condition = options.condition;
    this.until = options.until ?? [];
  }
}

/** Why a run is cut short: something newer has arrived for the same key, which runs again at once. */
export class Superseded extends Error {
  constructor(by: string) {
    super(`superseded by ${by}`);
    this.name = "AbortError";
  }
}

/** What one error code of a room means for the object: the condition's reason and whether a retry can help. */
export interface Verdict {
  reason: string;
  then: "retry" | "stall";
  /** Condition of negative polarity that becomes True. */
  condition?: string;
}
