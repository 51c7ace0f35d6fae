import { define, type Overload } from "./function.ts";
import { CelFailure } from "./run.ts";
import { CelObject } from "./value.ts";

type Family = 4 | 6;
const BITS = { 4: 32, 6: 128 } as const;

/** An IP address. */
export class CelIp extends CelObject {
  override readonly kind = "ip";
  readonly family: Family;
  readonly bits: bigint;

  constructor(family: Family, bits: bigint) {
    super();
    this.family = family;
    this.bits = bits;
  }

  override equals(other: CelObject): boolean {
    return other instanceof CelIp && other.family === this.family && other.bits === this.bits;
  }

  override toJson(): string {
    return this.family === 4 ? formatV4(this.bits) : formatV6(this.bits);
  }
}

/** A block of addresses, such as `10.0.0.0/8`. */
export class CelCidr extends CelObject {
  override readonly kind = "cidr";
  readonly ip: CelIp;
  readonly prefix: number;

  constructor(ip: CelIp, prefix: number) {
    super();
    this.ip = ip;
    this.prefix = prefix;
  }

  override equals(other: CelObject): boolean {
    return other instanceof CelCidr && other.prefix === this.prefix && other.ip.equals(this.ip);
  }

  override toJson(): string {
    return `${this.ip.toJson()}/${this.prefix}`;
  }

  /** The address with the bits after the prefix cleared. */
  get network(): CelIp {
    const { family, bits } = this.ip;
    return new CelIp(family, leadingBits(bits, family, this.prefix));
  }

  contains({ family, bits }: CelIp): boolean {
    return family === this.ip.family && leadingBits(bits, family, this.prefix) === this.network.bits;
  }
}

function leadingBits(bits: bigint, family: Family, count: number): bigint {
  const rest = BigInt(BITS[family] - count);
  return (bits >> rest) << rest;
}

function formatV4(bits: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join(".");
}

/** The shortest form: the longest run of zero groups, at least two, becomes `::`. @source RFC 5952 */
function formatV6(bits: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((bits >> BigInt(112 - 16 * index)) & 0xffffn).toString(16));
  const text = groups.join(":");
  const runs = [...text.matchAll(/\b0(?::0\b)+/g)].sort((a, b) => b[0].length - a[0].length || a.index - b.index);
  const [longest] = runs;
  if (longest === undefined) return text;
  const [before, after] = [text.slice(0, longest.index), text.slice(longest.index + longest[0].length)];
  return `${before.replace(/:$/, "")}::${after.replace(/^:/, "")}`;
}

/** Reads an address without zone; one that embeds IPv4 in IPv6 (`::ffff:1.2.3.4`) is refused, as in Kubernetes. */
function parseIp(text: string): CelIp | undefined {
  if (text.length > 64) return undefined;
  if (!text.includes(":")) return parsedV4(text);
  const bits = parseV6(text);
  return bits === undefined || bits >> 32n === 0xffffn ? undefined : new CelIp(6, bits);
}

function parsedV4(text: string): CelIp | undefined {
  const bits = parseV4(text);
  return bits === undefined ? undefined : new CelIp(4, bits);
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split(".");
  const valid = parts.length === 4 && parts.every((part) => /^(?:0|[1-9][0-9]{0,2})$/.test(part) && Number(part) < 256);
  return valid ? parts.reduce((bits, part) => (bits << 8n) | BigInt(part), 0n) : undefined;
}

function parseV6(text: string): bigint | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const [head, tail] = halves.map((half) => (half === "" ? [] : half.split(":").flatMap(group)));
  if (head === undefined) return undefined;
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array.from({ length: Math.max(0, missing) }, () => 0n), ...(tail ?? [])];
  // A dotted part anywhere but at the end of the text is caught here: only there may it stand.
  if (text.slice(0, text.lastIndexOf(":")).includes(".") || groups.some((one) => one === undefined)) return undefined;
  return groups.reduce<bigint>((bits, one) => (bits << 16n) | (one ?? 0n), 0n);
}

function group(text: string): (bigint | undefined)[] {
  if (text.includes(".")) {
    const bits = parseV4(text);
    return bits === undefined ? [undefined] : [bits >> 16n, bits & 0xffffn];
  }
  return [/^[0-9A-Fa-f]{1,4}$/.test(text) ? BigInt(`0x${text}`) : undefined];
}

/** Reads `address/length`. */
function parseCidr(text: string): CelCidr | undefined {
  const [address = "", length = "", ...more] = text.split("/");
  const ip = parseIp(address);
  if (ip === undefined || more.length > 0 || !/^(?:0|[1-9][0-9]{0,2})$/.test(length)) return undefined;
  return Number(length) > BITS[ip.family] ? undefined : new CelCidr(ip, Number(length));
}

function ip(text: string): CelIp {
  const found = parseIp(text);
  if (found === undefined)
    throw new CelFailure(`IP Address "${text.slice(0, 80)}" parse error during conversion from string`);
  return found;
}

function cidr(text: string): CelCidr {
  const found = parseCidr(text);
  if (found === undefined)
    throw new CelFailure(`network address parse error during conversion from string "${text.slice(0, 80)}"`);
  return found;
}

/** A test for being in one of some blocks. */
function inside(...texts: string[]): (address: CelIp) => boolean {
  const known = texts.map(cidr);
  return (address) => known.some((block) => block.contains(address));
}

const isLoopback = inside("127.0.0.0/8", "::1/128");
const isLinkLocalUnicast = inside("169.254.0.0/16", "fe80::/10");
const isNotUnicast = inside("0.0.0.0/32", "255.255.255.255/32", "224.0.0.0/4", "::/128", "ff00::/8");
const isLinkLocalMulticastV4 = inside("224.0.0.0/24");

/** In IPv6 the scope is in the second byte, next to flags. */
function isLinkLocalMulticast(address: CelIp): boolean {
  if (address.family === 4) return isLinkLocalMulticastV4(address);
  return ((address.bits >> 112n) & 0xff0fn) === 0xff02n;
}

function isGlobalUnicast(address: CelIp): boolean {
  return !isNotUnicast(address) && !isLoopback(address) && !isLinkLocalUnicast(address);
}

const addresses: readonly Overload[] = [
  define("ip", ["string"], "ip", ip),
  define("isIP", ["string"], "bool", (text) => parseIp(text) !== undefined),
  define("ip.isCanonical", ["string"], "bool", (text) => ip(text).toJson() === text),
  define("string", ["ip"], "string", (address) => address.toJson()),
  define(".family", ["ip"], "int", ({ family }) => BigInt(family)),
  define(".isUnspecified", ["ip"], "bool", ({ bits }) => bits === 0n),
  define(".isLoopback", ["ip"], "bool", isLoopback),
  define(".isLinkLocalMulticast", ["ip"], "bool", isLinkLocalMulticast),
  define(".isLinkLocalUnicast", ["ip"], "bool", isLinkLocalUnicast),
  define(".isGlobalUnicast", ["ip"], "bool", isGlobalUnicast),
];

const blocks: readonly Overload[] = [
  define("cidr", ["string"], "cidr", cidr),
  define("isCIDR", ["string"], "bool", (text) => parseCidr(text) !== undefined),
  define("string", ["cidr"], "string", (block) => block.toJson()),
  define(".containsIP", ["cidr", "ip"], "bool", (block, address) => block.contains(address)),
  define(".containsIP", ["cidr", "string"], "bool", (block, text) => block.contains(ip(text))),
  define(".containsCIDR", ["cidr", "cidr"], "bool", containsBlock),
  define(".containsCIDR", ["cidr", "string"], "bool", (block, text) => containsBlock(block, cidr(text))),
  define(".ip", ["cidr"], "ip", ({ ip: address }) => address),
  define(".prefixLength", ["cidr"], "int", ({ prefix }) => BigInt(prefix)),
  define(".masked", ["cidr"], "cidr", (block) => new CelCidr(block.network, block.prefix)),
];

function containsBlock(outer: CelCidr, inner: CelCidr): boolean {
  return inner.prefix >= outer.prefix && outer.contains(inner.ip);
}

/** Kubernetes' IP addresses and CIDR blocks. */
export const networking: readonly Overload[] = [...addresses, ...blocks];
