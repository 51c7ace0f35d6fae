import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import { type AddressInfo } from "node:net";
import { join } from "node:path";
import { scratchDir, systemClock } from "@sluice/base";
import { type GitBackend, gitBackend } from "@sluice/git";
import { TestRepository } from "./git-server-repository.ts";

/** What the server does instead of, or to, an honest answer. */
export type GitFault =
  /** Answers with this status and nothing else. */
  | { kind: "status"; status: number }
  /** Never answers. */
  | { kind: "hang" }
  /** Closes the connection without an answer. */
  | { kind: "refuse" }
  /** Sends this many bytes of the honest answer and closes the connection. */
  | { kind: "cut"; afterBytes: number }
  /** Sends this many bytes of the honest answer and then nothing more. */
  | { kind: "stall"; afterBytes: number }
  /** Answers 200 with this body. */
  | { kind: "body"; body: string | Uint8Array; contentType?: string }
  /** Redirects to the same path on another base URL. */
  | { kind: "redirect"; to: string };

/** One request the server saw. */
export interface GitRequest {
  method: string;
  /** Path and query. */
  url: string;
  repository: string;
  /** `refs` for the advertisement, `pack` for a POST. */
  step: "refs" | "pack" | "other";
  authorization?: string;
}

/** A running smart-HTTP server over scratch repositories. */
export interface GitServer extends AsyncDisposable {
  readonly baseUrl: string;
  /** The URL of a repository. */
  url(repository: string): string;
  /** Creates an empty repository. */
  create(name: string, options?: { objectFormat?: "sha1" | "sha256" }): Promise<TestRepository>;
  /** All requests since the start or the last `forget()`. */
  readonly requests: readonly GitRequest[];
  /** Forgets the requests seen. */
  forget(): void;
  /** From now on, requests of this step (default: all) meet the fault; undefined ends it. */
  fault(fault: GitFault | undefined, step?: GitRequest["step"]): void;
}

/** Credentials that the server demands. */
export type RequiredAuth = { username: string; password: string } | { token: string };

/** Starts a server on a free loopback port. Disposing it ends connections and removes the repositories. */
export async function startGitServer(
  options: {
    auth?: RequiredAuth;
    tls?: { key: string; cert: string };
    /** Speak only protocol 0, and give only what refs point at, as old servers do. */
    legacy?: boolean;
  } = {},
): Promise<GitServer> {
  const scratch = await scratchDir("sluice-git-server");
  const desk = new Desk(scratch.path, options);
  const listener = (request: IncomingMessage, response: ServerResponse) =>
    void desk.answer(request, response).catch(() => response.destroy());
  const server = options.tls === undefined ? createHttpServer(listener) : createHttpsServer(options.tls, listener);
  await listen(server);
  const scheme = options.tls === undefined ? "http" : "https";
  const baseUrl = `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    baseUrl,
    url: (repository) => `${baseUrl}/${repository}`,
    create: (name, format) => TestRepository.create(join(scratch.path, name), format),
    get requests() {
      return desk.requests;
    },
    forget: () => void desk.requests.splice(0),
    fault: (fault, step) => desk.setFault(fault, step),
    async [Symbol.asyncDispose]() {
      server.close();
      server.closeAllConnections();
      await scratch[Symbol.asyncDispose]();
    },
  };
}

class Desk {
  readonly requests: GitRequest[] = [];
  readonly #root: string;
  readonly #auth: RequiredAuth | undefined;
  readonly #legacy: boolean;
  readonly #backend: GitBackend = gitBackend({ clock: systemClock });
  #fault: { fault: GitFault; step: GitRequest["step"] | undefined } | undefined;

  constructor(root: string, options: { auth?: RequiredAuth; legacy?: boolean }) {
    this.#root = root;
    this.#auth = options.auth;
    this.#legacy = options.legacy ?? false;
  }

  setFault(fault: GitFault | undefined, step?: GitRequest["step"]): void {
    this.#fault = fault && { fault, step };
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "http://localhost");
    const [, repository = "", path = ""] = /^\/([^/]+)(\/.*)?$/.exec(url.pathname) ?? [];
    const seen = this.#record(request, { repository, path });
    if (this.#fault !== undefined && (this.#fault.step ?? seen.step) === seen.step) {
      if (sabotage(this.#fault.fault, request, response)) return;
    }
    if (!this.#admits(request)) return void response.writeHead(401, { "WWW-Authenticate": 'Basic realm="git"' }).end();
    if (!/^[\w.-]+$/.test(repository)) return void response.writeHead(404).end();
    if (this.#legacy) delete request.headers["git-protocol"];
    const gitDir = join(this.#root, repository);
    await this.#backend({ gitDir, path, query: url.searchParams, request, response });
  }

  #record(request: IncomingMessage, where: { repository: string; path: string }): GitRequest {
    const { authorization } = request.headers;
    const step = where.path === "/info/refs" ? "refs" : request.method === "POST" ? "pack" : "other";
    const seen: GitRequest = {
      method: request.method ?? "",
      url: request.url ?? "",
      repository: where.repository,
      step,
      ...(authorization !== undefined && { authorization }),
    };
    this.requests.push(seen);
    return seen;
  }

  #admits(request: IncomingMessage): boolean {
    if (this.#auth === undefined) return true;
    const { authorization } = request.headers;
    if ("token" in this.#auth) return authorization === `Bearer ${this.#auth.token}`;
    const { username, password } = this.#auth;
    return authorization === `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }
}

/** Does what the fault says. @returns true if the request is thereby done with. */
function sabotage(fault: GitFault, request: IncomingMessage, response: ServerResponse): boolean {
  switch (fault.kind) {
    case "status":
      response.writeHead(fault.status).end();
      return true;
    case "hang":
      return true;
    case "refuse":
      request.socket.destroy();
      return true;
    case "body":
      response.writeHead(200, { "Content-Type": fault.contentType ?? "text/html" }).end(fault.body);
      return true;
    case "redirect":
      response.writeHead(302, { Location: `${fault.to}${request.url ?? ""}` }).end();
      return true;
    case "cut":
      limitBody(response, fault.afterBytes, () => request.socket.destroy());
      return false;
    case "stall":
      limitBody(response, fault.afterBytes, () => undefined);
      return false;
  }
}

/** Lets only the first bytes of the answer through, then calls `done` once and swallows the rest. */
function limitBody(response: ServerResponse, bytes: number, done: () => void): void {
  let left = bytes;
  const write = response.write.bind(response) as (chunk: Uint8Array) => boolean;
  const pass = (chunk: unknown): boolean => {
    const data = Buffer.from(chunk as string | Uint8Array);
    if (left > 0) write(data.subarray(0, left));
    const wasOpen = left > 0;
    left -= data.length;
    if (wasOpen && left <= 0) setImmediate(done);
    return true;
  };
  response.write = pass as ServerResponse["write"];
  response.end = ((chunk?: unknown) => {
    if (typeof chunk === "string" || chunk instanceof Uint8Array) pass(chunk);
    return response;
  }) as ServerResponse["end"];
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
}
