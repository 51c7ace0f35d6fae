import { type TreeMode } from "./git.ts";

/** One line of a tree listing. */
export interface ListedFile {
  path: string;
  mode: TreeMode;
  hash: string;
  size: number;
}

const MODES: Readonly<Record<string, TreeMode>> = {
  "100644": "file",
  "100664": "file",
  "100755": "executable",
  "120000": "symlink",
  "160000": "gitlink",
};

/**
 * Reads one record of `git ls-tree -r -l -z`: `<mode> <type> <hash> <size>\t<path>`.
 * @returns undefined if it is not of that form.
 */
export function parseListing(record: string): ListedFile | undefined {
  const tab = record.indexOf("\t");
  const [mode = "", , hash = "", size = ""] = record.slice(0, Math.max(tab, 0)).split(/ +/);
  const known = MODES[mode];
  if (known === undefined || !/^[0-9a-f]{40,64}$/.test(hash)) return undefined;
  return { path: record.slice(tab + 1), mode: known, hash, size: size === "-" ? 0 : Number(size) };
}

const MAX_PATH_BYTES = 4096;
const MAX_DEPTH = 256;

/**
 * Why a path of a tree must not reach a file system or an archive, or undefined if it may: not normal, control characters or
 * invalid UTF-8, a backslash, or a name that some file system takes for `.git`.
 * @source git's `verify_path`, and its rules for HFS+ and NTFS
 */
export function unsafePath(path: string): string | undefined {
  if (path === "" || path.startsWith("/")) return "not relative";
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `longer than ${MAX_PATH_BYTES} bytes`;
  if (/[\u0000-\u001f\u007f]/.test(path)) return "holds a control character";
  if (path.includes("\uFFFD")) return "not valid UTF-8";
  if (path.includes("\\")) return "holds a backslash";
  const parts = path.split("/");
  if (parts.length > MAX_DEPTH) return `deeper than ${MAX_DEPTH} directories`;
  if (parts.some((part) => part === "" || part === "." || part === "..")) return "not a normal path";
  if (parts.some(looksLikeDotGit)) return "reserved for git";
  return undefined;
}

/** Characters that HFS+ ignores in names. */
const IGNORABLE = /[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]/g;

function looksLikeDotGit(part: string): boolean {
  const name = part
    .replace(IGNORABLE, "")
    .toLowerCase()
    .replace(/[ .]+$/, "")
    .replace(/:.*$/, "");
  return name === ".git" || name === "git~1";
}
