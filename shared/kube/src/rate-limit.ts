import { type Clock, sleep } from "@sluice/base";

/**
 * A token bucket that lets `qps` calls a second pass, and `burst` at once after a rest. Those who wait are served in order.
 * @source client-go `flowcontrol.NewTokenBucketRateLimiter`
 */
export class RateLimit {
  readonly #clock: Clock;
  readonly #qps: number;
  readonly #burst: number;
  #tokens: number;
  #countedAtMs: number;

  /** @throws {RangeError} if `qps` or `burst` is not above 0. */
  constructor(clock: Clock, { qps, burst }: { qps: number; burst: number }) {
    if (!(qps > 0) || !(burst > 0)) throw new RangeError(`qps and burst must be above 0, not ${qps} and ${burst}`);
    this.#clock = clock;
    this.#qps = qps;
    this.#burst = burst;
    this.#tokens = burst;
    this.#countedAtMs = clock.monotonicMs();
  }

  /** Resolves when one call may pass. @throws the signal's reason; the place in the queue is then given back. */
  async take(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#refill();
    this.#tokens -= 1;
    if (this.#tokens >= 0) return;
    try {
      await sleep(this.#clock, (-this.#tokens / this.#qps) * 1000, signal);
    } catch (error) {
      this.#tokens += 1;
      throw error;
    }
  }

  #refill(): void {
    const nowMs = this.#clock.monotonicMs();
    this.#tokens = Math.min(this.#burst, this.#tokens + ((nowMs - this.#countedAtMs) / 1000) * this.#qps);
    this.#countedAtMs = nowMs;
  }
}
