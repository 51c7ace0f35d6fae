/** One field of an encoded message. */
export interface WireField {
  number: number;
  /** A varint or fixed number, as a 64-bit two's complement; or the bytes of a length-delimited field. */
  value: bigint | Uint8Array;
}

/** The bytes are not a message. */
export class WireError extends Error {
  override name = "WireError";
}

/**
 * The fields of an encoded message, in order.
 * @throws {WireError} if a field is cut off or of an unknown wire type.
 * @source protobuf.dev, "Encoding"
 */
export function* readFields(bytes: Uint8Array): Generator<WireField> {
  const reader = new Reader(bytes);
  while (!reader.done) {
    const tag = reader.varint();
    const number = Number(tag >> 3n);
    if (number === 0) throw new WireError("field number 0");
    yield { number, value: reader.value(Number(tag & 7n)) };
  }
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#bytes[this.#at++];
      if (byte === undefined) throw new WireError("unexpected EOF");
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return BigInt.asIntN(64, value);
    }
    throw new WireError("integer overflow");
  }

  value(type: number): bigint | Uint8Array {
    if (type === 0) return this.varint();
    if (type === 2) return this.#take(Number(this.varint()));
    if (type !== 1 && type !== 5) throw new WireError(`wire type ${type}`);
    const bytes = this.#take(type === 1 ? 8 : 4);
    return bytes.reduceRight((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  }

  #take(length: number): Uint8Array {
    const end = this.#at + length;
    if (length < 0 || end > this.#bytes.length) throw new WireError("unexpected EOF");
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
