import { insideRoot, parseDuration } from "@sluice/base";

/** A Git repository that an entry names, and the folder in it. */
export interface RepositoryUrl {
  /** What Git fetches from, such as `https://github.com/owner/repo` or `git@host:owner/repo.git`. */
  url: string;
  /** Folder of the kustomization in the repository, "" for its top. */
  path: string;
  /** Branch, tag or commit; "" for the default branch. */
  ref: string;
  /** Whether submodules belong to the tree; true unless the entry says `submodules=false`. */
  submodules: boolean;
  /** Longest time that fetching may take in milliseconds, 27,000 unless the entry says `timeout=`. */
  timeoutMs: number;
}

const DEFAULT_TIMEOUT_MS = 27_000;

/**
 * The repository that `entry` names, or undefined if kustomize would take it for a path: URLs of the schemes `https`,
 * `http`, `ssh` and `file`, `user@host:path`, and anything on github.com. Where the repository ends and the path in it
 * begins, `_git/NAME`, `//` and `.git` tell, in this order; without them it ends after two names, with `file:` never.
 * @source kustomize api/internal/git `NewRepoSpecFromURL`
 */
export function parseRepository(entry: string): RepositoryUrl | undefined {
  if (entry.startsWith("/")) return undefined;
  const [location = "", ...query] = entry.split("?");
  const address = splitHost(location.replace(/^git::/i, ""));
  if (address === undefined) return undefined;
  const parts = explicitParts(address.rest) ?? countedParts(address);
  if (parts === undefined || parts.repository === "") return undefined;
  const path = insideRoot(parts.path);
  if (path === undefined) return undefined;
  return { url: address.host + parts.repository, path, ...parseQuery(query.join("?")) };
}

interface Address {
  /** Scheme, user and host with the separator that follows it. */
  host: string;
  rest: string;
}

function splitHost(location: string): Address | undefined {
  const [scheme = ""] = /^(?:ssh|https?|file):\/\//i.exec(location) ?? [];
  const afterScheme = location.slice(scheme.length);
  if (scheme.toLowerCase() === "file://") return { host: "file://", rest: afterScheme };
  const [user = ""] = /^[a-zA-Z][a-zA-Z0-9-]*@/.exec(afterScheme) ?? [];
  const address = afterScheme.slice(user.length);
  const isGithub = /^github\.com[/:]/i.test(address);
  const mayUseColon = scheme === "" && (user !== "" || isGithub);
  if (scheme === "" && !mayUseColon) return undefined;
  const end = separatorOf(address, mayUseColon);
  const host = end < 0 ? address : address.slice(0, end + 1);
  const rest = end < 0 ? "" : address.slice(end + 1);
  if (isGithub) return { host: githubHost(scheme, user), rest };
  return host === "" ? undefined : { host: scheme.toLowerCase() + user + host, rest };
}

/** All ways to reach GitHub are written in two forms. */
function githubHost(scheme: string, user: string): string {
  return /^ssh:/i.test(scheme) || user !== "" ? `${user}github.com:` : "https://github.com/";
}

function separatorOf(address: string, mayUseColon: boolean): number {
  const slash = address.indexOf("/");
  if (!mayUseColon) return slash;
  const colon = address.indexOf(":");
  return slash < 0 || (colon > 0 && colon < slash) ? colon : slash;
}

interface Parts {
  repository: string;
  path: string;
}

function explicitParts(rest: string): Parts | undefined {
  const azure = /^(.*?_git\/[^/]*)\/?(.*)$/s.exec(rest);
  if (azure) return { repository: azure[1] ?? "", path: azure[2] ?? "" };
  const double = rest.indexOf("//");
  if (double >= 0) return { repository: rest.slice(0, double), path: rest.slice(double + 2) };
  const suffix = rest.indexOf(".git");
  if (suffix < 0) return undefined;
  return { repository: rest.slice(0, suffix + 4), path: rest.slice(suffix + 4) };
}

function countedParts({ host, rest }: Address): Parts | undefined {
  if (host.startsWith("file://")) return { repository: rest, path: "" };
  const names = rest.split("/");
  if (names.length < 2) return undefined;
  return { repository: names.slice(0, 2).join("/"), path: names.slice(2).join("/") };
}

type Query = Pick<RepositoryUrl, "ref" | "submodules" | "timeoutMs">;

/** A query that does not parse counts for nothing. */
function parseQuery(query: string): Query {
  const values = queryValues(query) ?? new Map<string, string>();
  return {
    ref: values.get("ref") || (values.get("version") ?? ""),
    submodules: !/^(?:0|f|F|FALSE|false|False)$/.test(values.get("submodules") ?? ""),
    timeoutMs: timeoutOf(values.get("timeout") ?? ""),
  };
}

/** The first value of each name. */
function queryValues(query: string): Map<string, string> | undefined {
  const values = new Map<string, string>();
  for (const pair of query.split("&")) {
    if (pair.includes(";")) return undefined;
    const at = pair.indexOf("=");
    const name = decoded(at < 0 ? pair : pair.slice(0, at));
    const value = decoded(at < 0 ? "" : pair.slice(at + 1));
    if (name === undefined || value === undefined) return undefined;
    if (!values.has(name)) values.set(name, value);
  }
  return values;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text.replaceAll("+", " "));
  } catch {
    return undefined;
  }
}

/** Seconds as a bare number, or else a duration. */
function timeoutOf(text: string): number {
  const ms = /^\+?[0-9]+$/.test(text) ? Number(text) * 1000 : (parseDuration(text) ?? 0);
  return ms > 0 ? ms : DEFAULT_TIMEOUT_MS;
}
