/** Size of a tar block, in bytes. */
export const BLOCK = 512;

/** The fields of a header that Sluice writes; owner, group and time are always 0. */
export interface TarHeader {
  name: string;
  /** `0` file, `5` directory, `x` pax record. */
  type: "0" | "5" | "x";
  mode: number;
  sizeBytes: number;
}

const MAX_OCTAL_SIZE = 0o77777777777;

/**
 * The header blocks of one entry: one ustar block, preceded by a pax record where the name or the size does not fit into it.
 * The same header always gives the same bytes.
 */
export function encodeHeader(header: TarHeader): Uint8Array {
  const split = splitName(header.name);
  const records: [string, string][] = [];
  if (split === undefined) records.push(["path", header.name]);
  if (header.sizeBytes > MAX_OCTAL_SIZE) records.push(["size", String(header.sizeBytes)]);
  const short = split ?? { prefix: "", name: asciiTail(header.name) };
  const block = ustarBlock({ ...header, ...short, sizeBytes: Math.min(header.sizeBytes, MAX_OCTAL_SIZE) });
  if (records.length === 0) return block;
  return Buffer.concat([encodePax(records), block]);
}

function encodePax(records: readonly [string, string][]): Uint8Array {
  const body = Buffer.from(records.map(([key, value]) => paxRecord(key, value)).join(""));
  const head = ustarBlock({ name: "PaxHeaders.0/entry", prefix: "", type: "x", mode: 0o600, sizeBytes: body.length });
  return Buffer.concat([head, body, new Uint8Array(paddingAfter(body.length))]);
}

/** `<length> <key>=<value>\n`, where length counts itself. */
function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const restBytes = Buffer.byteLength(rest);
  let total = restBytes + String(restBytes).length;
  if (restBytes + String(total).length !== total) total++;
  return `${total}${rest}`;
}

/** Zero bytes needed after `sizeBytes` of content to fill the last block. */
export function paddingAfter(sizeBytes: number): number {
  return (BLOCK - (sizeBytes % BLOCK)) % BLOCK;
}

/** The ustar name and prefix of `path`, or undefined if it needs a pax record. */
function splitName(path: string): { name: string; prefix: string } | undefined {
  if (/[^\x20-\x7e]/.test(path)) return undefined;
  if (path.length <= 100) return { name: path, prefix: "" };
  const slash = path.lastIndexOf("/", 155);
  const name = path.slice(slash + 1);
  if (slash <= 0 || name.length > 100 || name === "") return undefined;
  return { name, prefix: path.slice(0, slash) };
}

/** A name for readers that do not know pax records. */
function asciiTail(path: string): string {
  return path.replace(/[^\x20-\x7e]/g, "_").slice(-100);
}

function ustarBlock(fields: TarHeader & { prefix: string }): Uint8Array {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, at: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at, "latin1");
  block.write(fields.name, 0, "latin1");
  octal(fields.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(fields.sizeBytes, 124, 12);
  octal(0, 136, 12);
  block.write("        ", 148, "latin1");
  block.write(fields.type, 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  octal(0, 329, 8);
  octal(0, 337, 8);
  block.write(fields.prefix, 345, "latin1");
  block.write(`${checksumOf(block).toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}

/** The sum of a header's bytes, with its checksum field counted as spaces. */
export function checksumOf(block: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < BLOCK; i++) sum += i >= 148 && i < 156 ? 0x20 : (block[i] ?? 0);
  return sum;
}
