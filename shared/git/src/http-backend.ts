import { type IncomingMessage, type ServerResponse } from "node:http";
import { type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { type Clock } from "@sluice/base";
import { type Environment, gitEnvironment } from "./environment.ts";
import { runGit, startGit } from "./process.ts";

/** One request to a repository over smart HTTP. */
export interface BackendRequest {
  /** The directory that holds refs and objects. */
  gitDir: string;
  /** What follows the repository in the URL's path, such as `/info/refs`. */
  path: string;
  query: URLSearchParams;
  request: IncomingMessage;
  response: ServerResponse;
  /** Allow pushes. Default false. */
  allowPush?: boolean;
}

/** Answers one request; resolves when the answer is complete or the reader has gone away. */
export type GitBackend = (request: BackendRequest) => Promise<void>;

const SERVICES = ["git-upload-pack", "git-receive-pack"] as const;
type Service = (typeof SERVICES)[number];

/** Settings under which a repository is served, whoever owns it. */
const SERVING = [
  ["safe.directory", "*"],
  ["http.receivepack", "true"],
] as const;

const MAX_ADVERTISEMENT_BYTES = 256 << 20;

/**
 * The server side of smart HTTP (protocol 0 to 2) over `git upload-pack --stateless-rpc`. It is what `git http-backend` does,
 * without needing that program, which some distributions pack apart from git.
 * @source gitprotocol-http(5)
 */
export function gitBackend(options: { clock: Clock; environment?: Environment }): GitBackend {
  return async (asked) => {
    const { request, response, path } = asked;
    const service = serviceOf(asked);
    const advertise = path === "/info/refs";
    if (service === undefined && !advertise) return refuse(asked, 404);
    if (service === undefined || (service === "git-receive-pack" && asked.allowPush !== true))
      return refuse(asked, 403);
    if (request.method !== (advertise ? "GET" : "POST")) return refuse(asked, 405);
    const controller = new AbortController();
    response.once("close", () => controller.abort());
    const serving = { ...options, asked, service, signal: controller.signal };
    await (advertise ? advertiseRefs(serving) : exchange(serving));
  };
}

interface Serving {
  asked: BackendRequest;
  service: Service;
  signal: AbortSignal;
  clock: Clock;
  environment?: Environment;
}

function refuse({ request, response }: BackendRequest, status: number): void {
  request.resume();
  response.writeHead(status).end();
}

function serviceOf({ path, query }: BackendRequest): Service | undefined {
  const name = path === "/info/refs" ? query.get("service") : path.slice(1);
  return SERVICES.find((service) => service === name);
}

function commandFor({ asked, service, environment = {} }: Serving, flags: readonly string[]) {
  const protocol = asked.request.headers["git-protocol"];
  const known = typeof protocol === "string" && /^version=[012]$/.test(protocol) ? protocol : undefined;
  const env = { ...gitEnvironment(environment, SERVING), ...(known && { GIT_PROTOCOL: known }) };
  return { args: [service.slice("git-".length), "--stateless-rpc", ...flags, "--", asked.gitDir], env };
}

/** Answers `GET /info/refs`: 404 if there is no repository. */
async function advertiseRefs(cx: Serving): Promise<void> {
  const { asked, service, signal, clock } = cx;
  asked.request.resume();
  const command = commandFor(cx, ["--http-backend-info-refs"]);
  const { exitCode, stdout, stderr } = await runGit(command, { clock, signal, limitBytes: MAX_ADVERTISEMENT_BYTES });
  if (exitCode !== 0) return refuse(asked, stderr.includes("not appear to be a git repository") ? 404 : 500);
  const version2 = asked.request.headers["git-protocol"] === "version=2";
  const greeting = version2 ? "" : `${packetLine(`# service=${service}\n`)}0000`;
  asked.response.writeHead(200, answerHeaders(`application/x-${service}-advertisement`));
  asked.response.end(Buffer.concat([Buffer.from(greeting), stdout]));
}

/** Answers a POST: what git says is passed on as it comes. */
async function exchange(cx: Serving): Promise<void> {
  const { asked, service } = cx;
  const git = startGit(commandFor(cx, []), cx);
  asked.response.writeHead(200, answerHeaders(`application/x-${service}-result`));
  const asking = pipeline(bodyOf(asked.request), git.child.stdin).catch(ignoreClosed);
  try {
    await Promise.all([asking, pipeline(git.child.stdout, asked.response)]);
  } catch {
    asked.response.destroy(); // the reader went away, or git died in the middle of its answer
  } finally {
    git.stop();
    await git.ended.catch(() => undefined);
  }
}

function answerHeaders(contentType: string): Record<string, string> {
  return { "Content-Type": contentType, "Cache-Control": "no-cache" };
}

function bodyOf(request: IncomingMessage): Readable {
  return request.headers["content-encoding"] === "gzip" ? request.pipe(createGunzip()) : request;
}

/** git may answer, and end, before it has read everything. */
function ignoreClosed(): void {}

/** A line with its length in front, as the protocol frames it. */
function packetLine(line: string): string {
  return `${(Buffer.byteLength(line) + 4).toString(16).padStart(4, "0")}${line}`;
}
