/** The longest entry path, in bytes of UTF-8. */
const MAX_PATH_BYTES = 4096;
/** The deepest entry: number of path segments. */
const MAX_PATH_DEPTH = 256;

/**
 * Why `path` must not be an entry of an archive, or undefined if it may.
 *
 * A good path is relative, normal (no empty, `.` or `..` segment), free of NUL, control characters and backslashes,
 * valid Unicode, and within {@link MAX_PATH_BYTES} and {@link MAX_PATH_DEPTH}.
 */
export function pathFault(path: string): string | undefined {
  if (path === "") return "is empty";
  if (path.startsWith("/")) return "is absolute";
  if (Buffer.byteLength(path) > MAX_PATH_BYTES) return `is longer than ${MAX_PATH_BYTES} bytes`;
  if (hasControlCharacter(path)) return "holds a control character";
  if (path.includes("\\")) return "holds a backslash";
  if (path.includes("\uFFFD")) return "is not valid UTF-8";
  const segments = path.split("/");
  if (segments.length > MAX_PATH_DEPTH) return `is deeper than ${MAX_PATH_DEPTH} directories`;
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) return "is not a normal path";
  return undefined;
}

function hasControlCharacter(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}

/**
 * Orders paths as a walk of the file tree meets them: each directory before what it holds, names by their UTF-8 bytes.
 * @returns below 0 if `a` comes first, above 0 if `b` does.
 * @source Go's `filepath.Walk`
 */
export function compareWalkOrder(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const left = a.charCodeAt(i);
    const right = b.charCodeAt(i);
    if (left === right) continue;
    if (left === SLASH) return -1;
    if (right === SLASH) return 1;
    return codePointOrder(left, right);
  }
  return a.length - b.length;
}

const SLASH = 0x2f;

/** UTF-16 units in the order of the code points they begin: surrogates after U+E000..U+FFFF, as their UTF-8 bytes are. */
function codePointOrder(left: number, right: number): number {
  const lift = (unit: number) => (unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit);
  return lift(left) - lift(right);
}
