import { cp, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Clock } from "@sluice/base";
import { createRepository } from "@sluice/git";

/** Directory of the example that is applied. */
export const EXAMPLE_PATH = "clusters/dev";

/**
 * The example repository as the user's own copy, with a first commit; a copy that is there already stays as it is.
 * @returns its path
 */
export async function prepareExample(options: {
  from: string;
  dir: string;
  clock: Clock;
  signal: AbortSignal;
}): Promise<string> {
  const path = join(options.dir, "example");
  const present = await stat(join(path, ".git")).catch(() => undefined);
  if (present) return path;
  await cp(options.from, path, { recursive: true });
  await createRepository(path, { message: "The example repository", clock: options.clock, signal: options.signal });
  return path;
}
