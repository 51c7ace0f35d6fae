import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { isObject, type Json, type JsonObject, parseJson, stringifyJson } from "@sluice/base";

/** How to reach an API server. */
export interface Access {
  url: string;
  token: string;
  /** PEM of the authority that signed the server's certificate; absent over https: any certificate is taken. */
  ca?: string;
}

/** One request. */
export interface Ask {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Sent as JSON unless it is a string. */
  body?: Json;
  /** `content-type`; JSON by default. */
  type?: string;
  accept?: string;
}

/** One answer. */
export interface Answer {
  status: number;
  /** The parsed body; an empty object if it is not a JSON object. */
  body: JsonObject;
  text: string;
  headers: IncomingMessage["headers"];
}

/** A small client of one API server, for the conformance cases. */
export class ConformanceClient {
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  async ask(path: string, ask: Ask = {}): Promise<Answer> {
    const response = await this.#send(path, ask);
    const chunks: Buffer[] = [];
    for await (const chunk of response as AsyncIterable<Buffer>) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString("utf8");
    return { status: response.statusCode ?? 0, body: objectOf(text), text, headers: response.headers };
  }

  /** Opens a watch; `path` carries `watch=true` and whatever else. */
  async watch(path: string, ask: Ask = {}): Promise<WatchStream> {
    return new WatchStream(await this.#send(path, ask));
  }

  async #send(
    path: string,
    { method = "GET", body, type = "application/json", accept = "application/json" }: Ask,
  ): Promise<IncomingMessage> {
    const { url, token, ca } = this.#access;
    const send = url.startsWith("https:") ? httpsRequest : httpRequest;
    const text = body === undefined ? "" : typeof body === "string" ? body : stringifyJson(body);
    const headers = {
      authorization: `Bearer ${token}`,
      accept,
      "user-agent": "conformance/1",
      ...(text !== "" && { "content-type": type, "content-length": Buffer.byteLength(text) }),
    };
    const trust = ca === undefined ? { rejectUnauthorized: false } : { ca };
    const request = send(url + path, { method, headers, agent: false, ...trust });
    request.end(text);
    const [response] = (await once(request, "response")) as [IncomingMessage];
    return response;
  }
}

/** One line of a watch. */
export interface WatchLine {
  type: string;
  object: JsonObject;
}

/** The events of one open watch, in order. */
export class WatchStream implements Disposable {
  readonly status: number;
  readonly #response: IncomingMessage;
  readonly #lines: AsyncGenerator<string>;

  constructor(response: IncomingMessage) {
    this.status = response.statusCode ?? 0;
    this.#response = response;
    this.#lines = linesOf(response);
  }

  /** The next event; undefined once the server has ended the watch. */
  async next(): Promise<WatchLine | undefined> {
    const { value, done } = await this.#lines.next();
    if (done) return undefined;
    return JSON.parse(value) as WatchLine;
  }

  /** The next event that is not a bookmark. */
  async nextChange(): Promise<WatchLine | undefined> {
    for (;;) {
      const line = await this.next();
      if (line?.type !== "BOOKMARK") return line;
    }
  }

  [Symbol.dispose](): void {
    this.#response.destroy();
  }
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  let rest = "";
  for await (const chunk of response.setEncoding("utf8") as AsyncIterable<string>) {
    const lines = (rest + chunk).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line !== "") yield line;
  }
}

function objectOf(text: string): JsonObject {
  try {
    const value = parseJson(text);
    return isObject(value) ? value : {};
  } catch {
    return {};
  }
}
