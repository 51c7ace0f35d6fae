interface Job<T> {
  result: Promise<T>;
  waiting: number;
  controller: AbortController;
}

/** Work that several callers wait for and that is done once. */
export class SharedJobs<T> {
  readonly #jobs = new Map<string, Job<T>>();

  /**
   * Joins the work under `key`, or starts it. The work's own signal aborts when the last caller has given up.
   * @throws what the work throws, or the reason of the caller's `signal` as soon as it aborts.
   */
  async join(key: string, work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T> {
    const job = this.#jobs.get(key) ?? this.#start(key, work);
    job.waiting++;
    try {
      return await unlessAborted(job.result, signal);
    } finally {
      if (--job.waiting === 0 && this.#jobs.get(key) === job) {
        this.#jobs.delete(key);
        job.controller.abort();
      }
    }
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<T>): Job<T> {
    const controller = new AbortController();
    const job: Job<T> = { result: work(controller.signal), waiting: 0, controller };
    this.#jobs.set(key, job);
    const forget = () => {
      if (this.#jobs.get(key) === job) this.#jobs.delete(key);
    };
    job.result.then(forget, forget);
    return job;
  }
}

function unlessAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) return abort();
    signal.addEventListener("abort", abort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
