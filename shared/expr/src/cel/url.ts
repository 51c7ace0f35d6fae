import { define, type Overload } from "./function.ts";
import { CelFailure } from "./run.ts";
import { CelObject, EntryMap } from "./value.ts";

/** The parts of a URL as Go's `url.ParseRequestURI` splits it. */
export class CelUrl extends CelObject {
  override readonly kind = "url";
  readonly text: string;
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;

  constructor(parts: { text: string; scheme: string; host: string; path: string; query: string }) {
    super();
    this.text = parts.text;
    this.scheme = parts.scheme;
    this.host = parts.host;
    this.path = parts.path;
    this.query = parts.query;
  }

  override equals(other: CelObject): boolean {
    return other instanceof CelUrl && other.text === this.text;
  }

  override toJson(): string {
    return this.text;
  }

  get hostname(): string {
    return this.host.replace(/:[0-9]*$/, "").replace(/^\[(.*)\]$/, "$1");
  }

  get port(): string {
    return /:([0-9]*)$/.exec(this.host)?.[1] ?? "";
  }
}

const SYNTAX = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?([^?#]*)(?:\?([^#]*))?(?:#.*)?$/s;
const HOST =
  /^(?:\[[0-9A-Fa-f:.]*(?:%25[A-Za-z0-9._~-]+)?\]|(?:[A-Za-z0-9\-._~!$&'()*+,;=<>"\x80-\uFFFF]|%[89A-Fa-f][0-9A-Fa-f])*)(?::[0-9]*)?$/;
const USER = /^(?:[A-Za-z0-9\-._:~!$&'()*+,;=%@])*$/;

/** Reads an absolute URL or an absolute path; undefined for anything else. @source Go `url.ParseRequestURI` */
export function parseUrl(text: string): CelUrl | undefined {
  if (text === "*") return new CelUrl({ text, scheme: "", host: "", path: text, query: "" });
  if (text === "" || /\p{Cc}/u.test(text.replace(/[\u0080-\u009f]/g, ""))) return undefined;
  const [, scheme = "", rest = "", query = ""] = SYNTAX.exec(text) ?? [];
  const parts = { text, scheme: scheme.toLowerCase(), query };
  if (!rest.startsWith("/")) {
    return scheme === "" ? undefined : new CelUrl({ ...parts, host: "", path: "" });
  }
  if (scheme === "" || !rest.startsWith("//")) return withPath({ ...parts, host: "" }, rest);
  const end = rest.indexOf("/", 2);
  const authority = rest.slice(2, end === -1 ? undefined : end);
  const host = authority.slice(authority.lastIndexOf("@") + 1);
  const user = authority.slice(0, authority.length - host.length);
  if (!HOST.test(host) || !USER.test(user) || !validEscapes(user)) return undefined;
  return withPath({ ...parts, host }, end === -1 ? "" : rest.slice(end));
}

function withPath(parts: Omit<ConstructorParameters<typeof CelUrl>[0], "path">, path: string): CelUrl | undefined {
  return validEscapes(path) ? new CelUrl({ ...parts, path }) : undefined;
}

function validEscapes(text: string): boolean {
  return !/%(?![0-9A-Fa-f]{2})/.test(text);
}

/** The path with every character escaped that a path cannot hold. */
function escapedPath(path: string): string {
  const allowed = /^(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/[\]]|%[0-9A-Fa-f]{2})*$/;
  if (allowed.test(path)) return path;
  const plain = Buffer.from(
    path.replace(/%([0-9A-Fa-f]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
  );
  return Array.from(plain, (byte) => {
    const char = String.fromCharCode(byte);
    return /[A-Za-z0-9\-._~$&+,/:;=@]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }).join("");
}

/** The query's names with all their values; pairs that do not decode or hold a semicolon are left out. */
function queryMap(query: string): EntryMap {
  const values = new Map<string, string[]>();
  for (const pair of query.split("&")) {
    const [name, ...rest] = pair.split("=").map((part) => part.replaceAll("+", " "));
    const decoded = [name ?? "", rest.join("=")].map(decode);
    const [key, value] = decoded;
    if (pair === "" || pair.includes(";") || key === undefined || value === undefined) continue;
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return new EntryMap(new Map(Array.from(values, ([key, list]) => [`s${key}`, [key, list]] as const)));
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function url(text: string): CelUrl {
  const found = parseUrl(text);
  if (found === undefined)
    throw new CelFailure(`URL parse error during conversion from string: parse ${JSON.stringify(text.slice(0, 80))}`);
  return found;
}

/** Kubernetes' URL functions. */
export const urls: readonly Overload[] = [
  define("url", ["string"], "url", (text, run) => {
    run.spendOnText(text.length);
    return url(text);
  }),
  define("isURL", ["string"], "bool", (text, run) => {
    run.spendOnText(text.length);
    return parseUrl(text) !== undefined;
  }),
  define(".getScheme", ["url"], "string", ({ scheme }) => scheme),
  define(".getHost", ["url"], "string", ({ host }) => host),
  define(".getHostname", ["url"], "string", ({ hostname }) => hostname),
  define(".getPort", ["url"], "string", ({ port }) => port),
  define(".getEscapedPath", ["url"], "string", ({ path }, run) => {
    run.spendOnText(path.length);
    return escapedPath(path);
  }),
  define(".getQuery", ["url"], "map", ({ query }, run) => {
    run.spendOnText(query.length);
    return queryMap(query);
  }),
];
