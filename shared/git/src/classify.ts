import { GitError, type GitErrors } from "./errors.ts";
import { type CheckedRemote, secretForms } from "./remote.ts";

/** What was going on when git failed. */
export interface FailureContext {
  remote: CheckedRemote;
  /** The local repository, if one is involved. */
  dir?: string;
  /** The ref or commit that was asked for. */
  ref?: string;
}

interface Symptom {
  pattern: RegExp;
  code: "AUTH_FAILED" | "NOT_FOUND" | "REF_NOT_FOUND" | "STORAGE_FAILED" | "CORRUPT" | "UNREACHABLE" | "PROTOCOL";
}

/** The first that matches decides. Git speaks English here: its environment says so. */
const symptoms: readonly Symptom[] = [
  {
    pattern: /No space left on device|Read-only file system|Disk quota exceeded|Too many open files/,
    code: "STORAGE_FAILED",
  },
  {
    pattern: /Authentication failed|could not read (Username|Password)|returned error: 40[13]|HTTP 40[13]/,
    code: "AUTH_FAILED",
  },
  { pattern: /repository '.*' not found|returned error: 4(04|10)/, code: "NOT_FOUND" },
  { pattern: /couldn't find remote ref|not our ref|unadvertised object|no such remote ref/, code: "REF_NOT_FOUND" },
  {
    pattern:
      /not valid: is this a git repository|protocol error|bad line length|invalid server response|unexpected content-type/i,
    code: "PROTOCOL",
  },
  { pattern: /returned error: 3[0-9][0-9]|unable to update url base from redirection/, code: "PROTOCOL" },
  {
    pattern:
      /unable to access|RPC failed|Could not resolve|Connection (refused|reset|timed out)|hung up|unexpected disconnect|early EOF/,
    code: "UNREACHABLE",
  },
  {
    pattern: /index-pack|pack has|bad pack|inflate|unpack-objects|did not send all necessary objects|remote error/,
    code: "PROTOCOL",
  },
  {
    pattern:
      /not a git repository|bad config|object file .* is empty|loose object .* is corrupt|missing (blob|tree|commit)|bad object|unable to (create|append|lock)|cannot lock ref|index file .* is too small/i,
    code: "CORRUPT",
  },
];

/** The error that a failed git command stands for; its message is short and free of credentials. */
export function failureOf(stderr: string, cx: FailureContext): GitError {
  const detail = summary(stderr, cx.remote);
  const code = symptoms.find(({ pattern }) => pattern.test(stderr))?.code ?? "FAILED";
  const { url } = cx.remote;
  const facts: { [C in Symptom["code"] | "FAILED"]: GitErrors[C] } = {
    AUTH_FAILED: { url },
    NOT_FOUND: { url },
    REF_NOT_FOUND: { url, ref: cx.ref ?? "" },
    STORAGE_FAILED: { dir: cx.dir ?? "", detail },
    CORRUPT: { dir: cx.dir ?? "", detail },
    UNREACHABLE: { url, detail },
    PROTOCOL: { url, detail },
    FAILED: { detail },
  };
  return new GitError(code, `Cannot read repository "${url}": ${sentences[code](detail, cx)}`, facts[code]);
}

const sentences: Record<Symptom["code"] | "FAILED", (detail: string, cx: FailureContext) => string> = {
  AUTH_FAILED: (_, { remote }) => (remote.auth ? "the credentials are refused" : "authentication required"),
  NOT_FOUND: () => "repository not found",
  REF_NOT_FOUND: (_, { ref }) => `"${ref ?? ""}" not found`,
  STORAGE_FAILED: (detail) => detail,
  CORRUPT: (detail) => `the local copy is damaged (${detail})`,
  UNREACHABLE: (detail) => detail,
  PROTOCOL: (detail) => detail,
  FAILED: (detail) => detail,
};

const MAX_DETAIL = 300;

/** The lines of git's error output that say something, without credentials, on one line, at most 300 characters. */
function summary(stderr: string, remote: CheckedRemote): string {
  const lines = stderr
    .split(/[\r\n]+/)
    .filter((line) => /^(fatal|error|remote|git died)/.test(line))
    .map((line) => line.replace(/^(fatal|error): /, "").trim());
  const text = scrub([...new Set(lines)].join("; ") || stderr.trim() || "git failed without a message", remote);
  return text.length > MAX_DETAIL ? `${text.slice(0, MAX_DETAIL)}...` : text;
}

/** `text` without control characters and without any form of the remote's secrets, or credentials in a URL. */
export function scrub(text: string, remote: Pick<CheckedRemote, "auth">): string {
  let clean = text.replace(/[\u0000-\u001f\u007f]+/g, " ").replace(/(:\/\/)[^/\s@]+@/g, "$1");
  for (const form of secretForms(remote.auth)) clean = clean.replaceAll(form, "***");
  return clean;
}
