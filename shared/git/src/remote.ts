import { rootCertificates } from "node:tls";
import { GitError } from "./errors.ts";

/** How to prove who we are over HTTP. */
export type GitAuth = { kind: "basic"; username: string; password: string } | { kind: "bearer"; token: string };

/** A remote repository. Credentials inside an http(s) URL count as `auth`, and are taken out of the URL. */
export interface GitRemote {
  url: string;
  auth?: GitAuth;
  /** Certificates to trust besides the usual ones, in PEM. */
  caPem?: string;
  /** Allows credentials over plain HTTP. Default false; meant for loopback. */
  allowInsecureAuth?: boolean;
}

/** A remote that passed all checks: `url` is free of credentials. */
export interface CheckedRemote {
  url: string;
  auth?: GitAuth;
  caPem?: string;
}

const MAX_URL_LENGTH = 2048;

/**
 * Checks a remote before anything is started for it.
 * @throws {GitError} URL_INVALID, SCHEME_UNSUPPORTED, INSECURE_CREDENTIALS.
 */
export function checkRemote(remote: GitRemote): CheckedRemote {
  const url = parseUrl(remote.url);
  const auth = remote.auth ?? authInUrl(url);
  url.username = "";
  url.password = "";
  const clean = url.toString();
  if (url.protocol !== "https:" && url.protocol !== "http:") {
    const scheme = url.protocol.slice(0, -1);
    throw new GitError("SCHEME_UNSUPPORTED", `Cannot use repository "${clean}": scheme ${scheme} is not supported`, {
      url: clean,
      scheme,
    });
  }
  if (auth !== undefined) checkAuth(clean, auth);
  if (auth !== undefined && url.protocol === "http:" && remote.allowInsecureAuth !== true) {
    const message = `Cannot use repository "${clean}": credentials would be sent over plain HTTP`;
    throw new GitError("INSECURE_CREDENTIALS", message, { url: clean });
  }
  return { url: clean, ...(auth && { auth }), ...(remote.caPem !== undefined && { caPem: remote.caPem }) };
}

function parseUrl(text: string): URL {
  const shown = redactUrl(text);
  const invalid = (why: string) =>
    new GitError("URL_INVALID", `Cannot use repository "${shown}": the URL ${why}`, { url: shown });
  if (text.length > MAX_URL_LENGTH) throw invalid(`is longer than ${MAX_URL_LENGTH} characters`);
  if (/[\u0000-\u0020\u007f\\]/.test(text)) throw invalid("holds a space, a backslash or a control character");
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text) || !URL.canParse(text))
    throw invalid("is not of the form scheme://host/path");
  const url = new URL(text);
  if (url.hostname === "" || url.hostname.startsWith("-")) throw invalid("has no valid host");
  if (/%0[0-9a-d]/i.test(text)) throw invalid("holds an encoded control character");
  if (url.hash !== "") throw invalid("has a fragment");
  return url;
}

function authInUrl(url: URL): GitAuth | undefined {
  if (url.protocol === "ssh:" || (url.username === "" && url.password === "")) return undefined;
  return { kind: "basic", username: decodeURIComponent(url.username), password: decodeURIComponent(url.password) };
}

function checkAuth(url: string, auth: GitAuth): void {
  const parts = auth.kind === "basic" ? [auth.username, auth.password] : [auth.token];
  const damaged =
    parts.some((part) => /[\u0000-\u001f\u007f]/.test(part)) || (auth.kind === "basic" && auth.username.includes(":"));
  if (damaged) throw new GitError("AUTH_FAILED", `Cannot use repository "${url}": malformed credentials`, { url });
}

/** A URL as it may be shown: without credentials and query, at most 256 characters, control characters replaced. */
export function redactUrl(text: string): string {
  const shown = text.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, "$1").replace(/[?#].*$/s, "");
  return shown.replace(/[\u0000-\u001f\u007f]/g, "?").slice(0, 256);
}

/** The value of the Authorization header. */
export function authorization(auth: GitAuth): string {
  if (auth.kind === "bearer") return `Bearer ${auth.token}`;
  return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString("base64")}`;
}

/** Every form in which the secrets of `auth` could turn up in a text, longest first. */
export function secretForms(auth: GitAuth | undefined): string[] {
  if (auth === undefined) return [];
  const secret = auth.kind === "basic" ? auth.password : auth.token;
  const header = authorization(auth).split(" ")[1] ?? "";
  const forms = [secret, header, Buffer.from(secret).toString("base64"), encodeURIComponent(secret)];
  return [...new Set(forms)].filter((form) => form !== "").sort((a, b) => b.length - a.length);
}

/** The text of a certificate file that trusts `caPem` as well as the usual authorities. */
export function certificateBundle(caPem: string): string {
  return [caPem.trim(), ...rootCertificates, ""].join("\n");
}
