/** Requests that the bench's own loops have under way at a time. */
const IN_FLIGHT = 16;

/** Does `work` for each item, 16 at a time. */
export async function inFlight<T>(items: Iterable<T>, work: (item: T) => Promise<unknown>): Promise<void> {
  const queue = [...items].values();
  const loop = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: IN_FLIGHT }, loop));
}
