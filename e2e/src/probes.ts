import { readFile } from "node:fs/promises";
import { get as getHttp } from "node:http";
import { get as getHttps, type RequestOptions } from "node:https";

const PROBE_TIMEOUT_MS = 2000;

/** True if a GET of `url` is answered with 200; any failure is false. */
export function answers(url: string, options: RequestOptions): Promise<boolean> {
  return new Promise((resolve) => {
    const get = url.startsWith("https:") ? getHttps : getHttp;
    const request = get(url, { ...options, agent: false, timeout: PROBE_TIMEOUT_MS }, (response) => {
      response.resume();
      response.once("error", () => resolve(false));
      response.once("end", () => resolve(response.statusCode === 200));
    });
    request.once("timeout", () => request.destroy());
    request.once("error", () => resolve(false));
    request.once("close", () => resolve(false));
  });
}

/** The text of a file, or undefined while there is none. */
export async function textIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}
