import { isKubeError } from "./errors.ts";
import { type KubeList } from "./types.ts";

/** What is asked for: a page of `limit` objects, from the start or from a token; without `limit` the whole list. */
export interface PageRequest {
  limit?: number;
  continue?: string;
}

/**
 * Reads all pages. A token that expires between two pages makes it start again, with one request for everything, which
 * cannot expire.
 */
export async function readAllPages(
  readPage: (request: PageRequest) => Promise<KubeList & { next: string | undefined }>,
  pageSize: number,
): Promise<KubeList> {
  const first = await readPage({ limit: pageSize });
  const { items } = first;
  let { resourceVersion, next } = first;
  while (next !== undefined) {
    const page = await nextPage(readPage, { limit: pageSize, continue: next });
    if (page === undefined) return await readWhole(readPage);
    for (const item of page.items) items.push(item);
    ({ resourceVersion, next } = page);
  }
  return { items, resourceVersion };
}

async function readWhole(readPage: (request: PageRequest) => Promise<KubeList>): Promise<KubeList> {
  const { items, resourceVersion } = await readPage({});
  return { items, resourceVersion };
}

async function nextPage<P>(
  readPage: (request: PageRequest) => Promise<P>,
  request: PageRequest,
): Promise<P | undefined> {
  try {
    return await readPage(request);
  } catch (error) {
    if (isKubeError(error, "EXPIRED")) return undefined;
    throw error;
  }
}
