import { type Dispatcher, request } from "undici";
import { type Clock, sleep } from "@sluice/base";
import { parseDigest, startDigest } from "./digest.ts";
import { ArtifactError } from "./errors.ts";

/** What is downloaded: a URL and the digest its content must have. */
export interface DownloadTarget {
  url: string;
  digest: string;
}

/** How downloads are done. */
export interface DownloadOptions {
  clock: Clock;
  dispatcher: Dispatcher;
  /** Tries after the first one. */
  retries: number;
  /** Wait before the first retry, in milliseconds; it doubles up to `maxRetryMs`. */
  minRetryMs: number;
  maxRetryMs: number;
  limitBytes: number;
  /** Hosts (`name` or `name:port`) an artifact may come from; undefined allows every host. */
  allowedHosts: readonly string[] | undefined;
}

/**
 * Downloads a file whose digest is known. Redirects are not followed. Connection errors, 429 and 5xx are tried again.
 * @throws {ArtifactError} URL_REFUSED, NOT_FOUND (404 and 410), DIGEST_INVALID, DIGEST_MISMATCH, TOO_LARGE, UNREACHABLE.
 * @throws the signal's reason when it aborts.
 * @source Flux's fetcher: 9 retries
 */
export async function download(
  target: DownloadTarget,
  options: DownloadOptions,
  signal: AbortSignal,
): Promise<Uint8Array> {
  checkUrl(target.url, options.allowedHosts);
  parseDigest(target.digest);
  for (let tries = 1; ; tries++) {
    const outcome = await attempt(target, options, signal);
    if ("bytes" in outcome) return outcome.bytes;
    if (tries > options.retries || !outcome.retriable) throw unreachable(target.url, tries, outcome);
    await sleep(options.clock, Math.min(options.minRetryMs * 2 ** (tries - 1), options.maxRetryMs), signal);
  }
}

type Outcome = { bytes: Uint8Array } | Failure;
interface Failure {
  retriable: boolean;
  status?: number;
  cause?: unknown;
}

async function attempt(target: DownloadTarget, options: DownloadOptions, signal: AbortSignal): Promise<Outcome> {
  try {
    const response = await request(target.url, { dispatcher: options.dispatcher, signal, method: "GET" });
    if (response.statusCode === 200) return { bytes: await verifiedBody(response, target, options.limitBytes) };
    await response.body.dump({ limit: 65_536 }).catch(() => undefined);
    return statusFailure(target.url, response.statusCode);
  } catch (thrown) {
    signal.throwIfAborted();
    if (thrown instanceof ArtifactError) throw thrown;
    return { retriable: true, cause: thrown };
  }
}

function statusFailure(url: string, status: number): Failure {
  if (status === 404 || status === 410) {
    throw new ArtifactError("NOT_FOUND", `Cannot fetch artifact "${url}": there is no such file`, { url });
  }
  return { status, retriable: status >= 500 || status === 429 || status === 408 };
}

async function verifiedBody(
  response: Dispatcher.ResponseData,
  target: DownloadTarget,
  limitBytes: number,
): Promise<Uint8Array> {
  const digest = startDigest(parseDigest(target.digest).algorithm);
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    total += chunk.length;
    if (total > limitBytes) throw tooLarge(target.url, limitBytes);
    digest.update(chunk);
    chunks.push(chunk);
  }
  const got = digest.finish();
  if (got !== target.digest) {
    const message = `Cannot fetch artifact "${target.url}": its digest is ${got}, not ${target.digest}`;
    throw new ArtifactError("DIGEST_MISMATCH", message, { want: target.digest, got });
  }
  return Buffer.concat(chunks, total);
}

function checkUrl(text: string, allowedHosts: readonly string[] | undefined): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const shown = url === undefined ? text.slice(0, 200) : `${url.protocol}//${url.host}${url.pathname}`;
  const refuse = (why: string) =>
    new ArtifactError("URL_REFUSED", `Cannot fetch artifact "${shown}": ${why}`, { url: shown });
  if (url === undefined) throw refuse("it is not a URL");
  if (url.protocol !== "http:" && url.protocol !== "https:") throw refuse("it is not http or https");
  if (url.username !== "" || url.password !== "") throw refuse("it carries credentials");
  if (allowedHosts === undefined) return;
  const names = [url.host, url.hostname].map(withoutTrailingDot);
  if (!allowedHosts.some((host) => names.includes(withoutTrailingDot(host)))) {
    throw refuse(`"${url.host}" is not an artifact host`);
  }
}

/** `source-controller.flux-system.svc.cluster.local.:80` and the same without the last dot of the name are one host. */
function withoutTrailingDot(host: string): string {
  return host.toLowerCase().replace(/\.(?=$|:[0-9]+$)/, "");
}

function tooLarge(url: string, limit: number): ArtifactError<"TOO_LARGE"> {
  return new ArtifactError("TOO_LARGE", `Cannot fetch artifact "${url}": it exceeds limit ${limit} bytes`, {
    what: "archive",
    limit,
  });
}

function unreachable(url: string, tries: number, failure: Failure): ArtifactError<"UNREACHABLE"> {
  const why = failure.status === undefined ? connectionFault(failure.cause) : `HTTP status ${failure.status}`;
  const data = { url, tries, ...(failure.status !== undefined && { status: failure.status }) };
  return new ArtifactError("UNREACHABLE", `Cannot fetch artifact "${url}": ${why}`, data, { cause: failure.cause });
}

function connectionFault(cause: unknown): string {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return code === undefined ? "no connection" : `no connection (${code})`;
}
