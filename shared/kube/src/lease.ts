import { type KubeObject } from "@sluice/api";
import { type Clock, equalJson, messageOf, sleep, timeoutSignal } from "@sluice/base";
import { isKubeError } from "./errors.ts";
import { heldRecord, type LeaseRecord, readLease, releasedRecord, writeLease } from "./lease-record.ts";
import { ReleaseBell } from "./release-bell.ts";
import { type ElectOptions, type KubeClient, type Leadership } from "./types.ts";

/** @source client-go `leaderelection.JitterFactor` */
const JITTER = 1.2;
/** How long the lease is tried to be given back; a process that ends cannot wait longer. */
const RELEASE_MS = 5000;
const KIND = { apiVersion: "coordination.k8s.io/v1", kind: "Lease" } as const;

/**
 * Waits until this process leads, and keeps it leading.
 *
 * Others' clocks are not trusted: a lease counts as held for its duration from the moment that this process saw it change. A
 * lease that is given back is seen by a watch and taken at once.
 * @returns when the lease is ours.
 * @throws the signal's reason if it aborts before, and {RangeError} if the durations do not fit together.
 * @source client-go `tools/leaderelection`
 */
export async function elect(options: ElectOptions): Promise<Leadership> {
  const candidate = new Candidate(options);
  await candidate.acquire();
  return candidate.lead();
}

class Candidate {
  readonly #client: KubeClient;
  readonly #clock: Clock;
  readonly #options: Required<ElectOptions>;
  /** The Lease as last seen, and when (monotonic) it was first seen so. */
  #seen: { lease: KubeObject; record: LeaseRecord; sinceMs: number } | undefined;
  /** Monotonic time at which the last successful renewal was sent. */
  #renewedAtMs = Number.NEGATIVE_INFINITY;
  #leads = false;
  /** The Lease is not as it was seen: look before the next write. */
  #isStale = true;

  constructor(options: ElectOptions) {
    const defaults = { leaseDurationMs: 35_000, renewDeadlineMs: 30_000, retryPeriodMs: 5000, releaseOnCancel: true };
    this.#options = { random: Math.random, ...defaults, ...options };
    this.#client = options.client;
    this.#clock = options.clock;
    checkDurations(this.#options);
  }

  async acquire(): Promise<void> {
    const { signal, log, identity } = this.#options;
    signal.throwIfAborted();
    if (!(await this.#tryToHold(signal))) await this.#acquireWhenFree();
    this.#leads = true;
    log.info("became leader", { lease: this.#options.name, identity });
  }

  async #acquireWhenFree(): Promise<void> {
    using released = new ReleaseBell(KIND, this.#options);
    do await released.wait(this.#retryInMs());
    while (!(await this.#tryToHold(this.#options.signal)));
  }

  lead(): Leadership {
    return { isValid: () => this.#isValid(), ended: this.#renewUntilLost() };
  }

  #isValid(): boolean {
    return this.#leads && this.#clock.monotonicMs() - this.#renewedAtMs < this.#options.renewDeadlineMs;
  }

  async #renewUntilLost(): Promise<void> {
    const { signal, log, onLost, releaseOnCancel, retryPeriodMs } = this.#options;
    do await sleep(this.#clock, retryPeriodMs, signal).catch(() => undefined);
    while (!signal.aborted && (await this.#renew()));
    this.#leads = false;
    if (signal.aborted) {
      if (releaseOnCancel) await this.#release();
      return;
    }
    log.info("lost the lease", { lease: this.#options.name });
    onLost();
  }

  /** Tries until a renewal succeeds or the deadline, counted from the last success, is over. */
  async #renew(): Promise<boolean> {
    const { signal, renewDeadlineMs, retryPeriodMs } = this.#options;
    for (;;) {
      const leftMs = this.#renewedAtMs + renewDeadlineMs - this.#clock.monotonicMs();
      if (leftMs <= 0) return false;
      using deadline = timeoutSignal(this.#clock, leftMs, signal);
      if (await this.#tryToHold(deadline.signal)) return true;
      if (signal.aborted) return true;
      if (this.#seen && this.#seen.record.holder !== this.#options.identity && !deadline.timedOut()) return false;
      await sleep(this.#clock, Math.min(retryPeriodMs, leftMs), deadline.signal).catch(() => undefined);
    }
  }

  /** Takes or renews the lease; false if another holds it or the API server cannot be asked. */
  async #tryToHold(signal: AbortSignal): Promise<boolean> {
    try {
      return await this.#hold(signal);
    } catch (error) {
      if (isKubeError(error, "CONFLICT", "ALREADY_EXISTS", "NOT_FOUND")) this.#isStale = true;
      if (!signal.aborted) this.#options.log.debug("cannot take the lease", { error: messageOf(error) });
      return false;
    }
  }

  async #hold(signal: AbortSignal): Promise<boolean> {
    const { identity, leaseDurationMs: durationMs } = this.#options;
    if (this.#isStale || !this.#isValid()) await this.#look(signal);
    const seen = this.#seen;
    if (seen && seen.record.holder !== "" && seen.record.holder !== identity && !this.#isExpired(seen)) return false;
    const startedMs = this.#clock.monotonicMs();
    const record = heldRecord(seen?.record, { identity, durationMs, nowMs: this.#clock.now() });
    this.#see(await this.#write(record, signal));
    this.#renewedAtMs = startedMs;
    return true;
  }

  #isExpired({ record, sinceMs }: { record: LeaseRecord; sinceMs: number }): boolean {
    return this.#clock.monotonicMs() - sinceMs >= record.durationSeconds * 1000;
  }

  async #look(signal: AbortSignal): Promise<void> {
    const { name, namespace } = this.#options;
    try {
      this.#see(await this.#client.get({ ...KIND, namespace, name }, { signal }));
    } catch (error) {
      if (!isKubeError(error, "NOT_FOUND")) throw error;
      this.#seen = undefined;
    }
    this.#isStale = false;
  }

  async #write(record: LeaseRecord, signal: AbortSignal): Promise<KubeObject> {
    const { name, namespace } = this.#options;
    if (this.#seen) return await this.#client.replace(writeLease(this.#seen.lease, record), { signal });
    return await this.#client.create(writeLease({ ...KIND, metadata: { name, namespace } }, record), { signal });
  }

  #see(lease: KubeObject): void {
    const record = readLease(lease);
    const unchanged = this.#seen && equalJson({ ...this.#seen.record }, { ...record });
    this.#seen = { lease, record, sinceMs: unchanged && this.#seen ? this.#seen.sinceMs : this.#clock.monotonicMs() };
  }

  async #release(): Promise<void> {
    if (this.#seen?.record.holder !== this.#options.identity) return;
    using deadline = timeoutSignal(this.#clock, RELEASE_MS);
    try {
      await this.#write(releasedRecord(this.#seen.record, this.#clock.now()), deadline.signal);
    } catch (error) {
      this.#options.log.error("cannot give the lease back", error, { lease: this.#options.name });
    }
  }

  #retryInMs(): number {
    const { retryPeriodMs, random } = this.#options;
    return retryPeriodMs * (1 + random() * JITTER);
  }
}

function checkDurations({ leaseDurationMs, renewDeadlineMs, retryPeriodMs }: Required<ElectOptions>): void {
  if (retryPeriodMs <= 0) throw new RangeError("retryPeriodMs must be above 0");
  if (renewDeadlineMs <= retryPeriodMs * JITTER)
    throw new RangeError("renewDeadlineMs must be above 1.2 x retryPeriodMs");
  if (leaseDurationMs <= renewDeadlineMs) throw new RangeError("leaseDurationMs must be above renewDeadlineMs");
}
