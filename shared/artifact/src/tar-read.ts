import { pathFault } from "./entry-path.ts";
import { ArtifactError } from "./errors.ts";
import { BLOCK, checksumOf, paddingAfter } from "./tar-header.ts";

/** One file of an archive that was read. `content` is a view into the archive's bytes, not a copy. */
export interface TarFile {
  path: string;
  executable: boolean;
  content: Uint8Array;
}

/** What an archive may hold at most. */
export interface TarLimits {
  /** Entries of any type, dropped ones included. */
  entries: number;
}

/** What an archive holds: its files in archive order, its directories, and what was left out. */
export interface TarContents {
  files: TarFile[];
  directories: string[];
  /** Links, devices and pipes: they are never followed or created. */
  dropped: { path: string; type: string }[];
}

interface RawEntry {
  path: string;
  type: string;
  mode: number;
  sizeBytes: number;
  dataAt: number;
}

/**
 * Reads an uncompressed tar archive that is in memory (ustar, pax, GNU long names).
 *
 * Links, devices and pipes are dropped; set-uid bits, owners and times are ignored.
 * @throws {ArtifactError} ENTRY_INVALID for a path that is unsafe, repeated, or below a file; ARCHIVE_INVALID if the archive is
 *   truncated, sparse, has a wrong checksum or garbage after its end; TOO_LARGE over `limits`.
 */
export function readTar(archive: Uint8Array, limits: TarLimits): TarContents {
  const contents: TarContents = { files: [], directories: [], dropped: [] };
  const claims = new PathClaims();
  let count = 0;
  for (const entry of rawEntries(Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength))) {
    if (++count > limits.entries) {
      throw new ArtifactError("TOO_LARGE", `Cannot unpack archive: it exceeds limit ${limits.entries} entries`, {
        what: "entries",
        limit: limits.entries,
      });
    }
    addEntry({ entry, archive, contents, claims });
  }
  return contents;
}

function addEntry(cx: { entry: RawEntry; archive: Uint8Array; contents: TarContents; claims: PathClaims }): void {
  const { entry, archive, contents, claims } = cx;
  const path = normalPath(entry);
  if (entry.type === "5") {
    if (path !== "") {
      claims.directory(path);
      contents.directories.push(path);
    }
  } else if (entry.type === "0") {
    claims.file(path);
    const content = archive.subarray(entry.dataAt, entry.dataAt + entry.sizeBytes);
    contents.files.push({ path, executable: (entry.mode & 0o100) !== 0, content });
  } else {
    contents.dropped.push({ path, type: entry.type });
  }
}

/** The path without a leading `./` and, for a directory, without a trailing slash; "" is the root. */
function normalPath(entry: RawEntry): string {
  let path = entry.path;
  while (path.startsWith("./")) path = path.slice(2);
  if (entry.type === "5") {
    path = path.replace(/\/$/, "");
    if (path === "." || path === "") return "";
  }
  const fault = pathFault(path);
  if (fault !== undefined) throw invalidEntry(path, fault);
  return path;
}

/** Sees to it that no path is used twice, and none is both a file and a directory. */
class PathClaims {
  readonly #files = new Set<string>();
  readonly #directories = new Set<string>();

  file(path: string): void {
    if (this.#files.has(path)) throw invalidEntry(path, "is there twice");
    if (this.#directories.has(path)) throw invalidEntry(path, "is both a file and a directory");
    this.#claimParents(path);
    this.#files.add(path);
  }

  directory(path: string): void {
    if (this.#files.has(path)) throw invalidEntry(path, "is both a file and a directory");
    this.#claimParents(path);
    this.#directories.add(path);
  }

  #claimParents(path: string): void {
    for (let slash = path.lastIndexOf("/"); slash > 0; slash = path.lastIndexOf("/", slash - 1)) {
      const parent = path.slice(0, slash);
      if (this.#directories.has(parent)) return;
      if (this.#files.has(parent)) throw invalidEntry(path, "is below a file");
      this.#directories.add(parent);
    }
  }
}

/** Walks the headers; pax records and GNU long names are already applied to what is yielded. */
function* rawEntries(archive: Buffer): Generator<RawEntry> {
  let at = 0;
  let extended: Map<string, string> = new Map();
  while (at < archive.length) {
    const block = archive.subarray(at, at + BLOCK);
    if (block.length < BLOCK) throw invalidArchive("it is truncated within a header");
    if (isZero(block)) return checkEnd(archive, at);
    const entry = withRecords(parseHeader(block, at + BLOCK), extended);
    at = entry.dataAt + entry.sizeBytes;
    if (at > archive.length) throw invalidArchive(`it is truncated within "${entry.path}"`);
    const data = archive.subarray(entry.dataAt, at);
    at += paddingAfter(entry.sizeBytes);
    if (entry.type === "x") extended = parsePax(data);
    else if (entry.type === "L") extended = new Map([...extended, ["path", textOf(data)]]);
    else if (entry.type !== "g" && entry.type !== "K") {
      extended = new Map();
      yield entry;
    }
  }
  throw invalidArchive("it is truncated: the end mark is missing");
}

function checkEnd(archive: Buffer, from: number): void {
  if (!isZero(archive.subarray(from))) throw invalidArchive("there is garbage after its end");
  if (archive.length - from < 2 * BLOCK) throw invalidArchive("it is truncated: the end mark is incomplete");
}

const ZERO_BLOCK = Buffer.alloc(BLOCK);

function isZero(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length; at += BLOCK) {
    const part = bytes.subarray(at, at + BLOCK);
    if (!part.equals(ZERO_BLOCK.subarray(0, part.length))) return false;
  }
  return true;
}

function parseHeader(block: Buffer, dataAt: number): RawEntry {
  if (octal(block, 148, 8) !== checksumOf(block)) throw invalidArchive("a header has a wrong checksum");
  const type = String.fromCharCode(block[156] ?? 0);
  if (type === "S") throw invalidArchive("it holds a sparse file");
  const isUstar = block.toString("latin1", 257, 262) === "ustar" && block[262] === 0;
  const prefix = isUstar ? textOf(block.subarray(345, 500)) : "";
  const name = textOf(block.subarray(0, 100));
  return {
    path: prefix === "" ? name : `${prefix}/${name}`,
    type: type === "\0" || type === "7" ? "0" : type,
    mode: octal(block, 100, 8),
    sizeBytes: hasContent(type) ? octal(block, 124, 12) : 0,
    dataAt,
  };
}

/** Links, devices, pipes and directories have no content, whatever their size field says. */
function hasContent(type: string): boolean {
  return !"123456".includes(type);
}

function withRecords(entry: RawEntry, records: ReadonlyMap<string, string>): RawEntry {
  if (records.size === 0 || "xgLK".includes(entry.type)) return entry;
  for (const key of records.keys()) if (key.startsWith("GNU.sparse.")) throw invalidArchive("it holds a sparse file");
  const size = records.get("size");
  if (size !== undefined && !/^[0-9]{1,15}$/.test(size)) throw invalidArchive("a pax record has an impossible size");
  return {
    ...entry,
    path: records.get("path") ?? entry.path,
    sizeBytes: size === undefined || !hasContent(entry.type) ? entry.sizeBytes : Number(size),
  };
}

function parsePax(data: Buffer): Map<string, string> {
  const records = new Map<string, string>();
  let at = 0;
  while (at < data.length) {
    const space = data.indexOf(0x20, at);
    const length = space < 0 ? Number.NaN : Number(data.toString("latin1", at, space));
    const end = at + length;
    if (!Number.isInteger(length) || end > data.length || end <= space || data[end - 1] !== 0x0a) {
      throw invalidArchive("a pax record is malformed");
    }
    const equals = data.indexOf(0x3d, space);
    if (equals < 0 || equals >= end) throw invalidArchive("a pax record is malformed");
    const value = data.subarray(equals + 1, end - 1);
    if (value.includes(0)) throw invalidArchive("a pax record holds NUL");
    records.set(data.toString("utf8", space + 1, equals), value.toString("utf8"));
    at = end;
  }
  return records;
}

/** The text up to the first NUL. */
function textOf(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return bytes.toString("utf8", 0, end < 0 ? bytes.length : end);
}

/** An octal number field; GNU's base-256 form is read as well. */
function octal(block: Buffer, at: number, width: number): number {
  if (((block[at] ?? 0) & 0x80) !== 0) return base256(block.subarray(at, at + width));
  const text = block
    .toString("latin1", at, at + width)
    .replace(/\0[\s\S]*$/, "")
    .trim();
  if (!/^[0-7]*$/.test(text)) throw invalidArchive("a header holds a malformed number");
  return text === "" ? 0 : Number.parseInt(text, 8);
}

function base256(field: Buffer): number {
  const negative = field[0] === 0xff;
  const value = BigInt(`0x${field.toString("hex")}`) & ((1n << BigInt(field.length * 8 - 1)) - 1n);
  if (negative || value > BigInt(Number.MAX_SAFE_INTEGER)) throw invalidArchive("a header holds an impossible number");
  return Number(value);
}

function invalidArchive(why: string): ArtifactError<"ARCHIVE_INVALID"> {
  return new ArtifactError("ARCHIVE_INVALID", `Cannot unpack archive: ${why}`, { why });
}

function invalidEntry(path: string, why: string): ArtifactError<"ENTRY_INVALID"> {
  return new ArtifactError("ENTRY_INVALID", `Cannot unpack "${path}": the entry ${why}`, { path, why });
}
