const SURROGATE = /[\uD800-\uDFFF]/;

/** Number of code points of `text`. */
export function length(text: string): number {
  return SURROGATE.test(text) ? Array.from(text).length : text.length;
}

/** A text whose positions are code points, as in CEL. */
export class PointText {
  /** Code points, if some take two code units; otherwise positions in the string are right already. */
  readonly #points: readonly string[] | undefined;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
    this.#points = SURROGATE.test(text) ? Array.from(text) : undefined;
  }

  get length(): number {
    return this.#points?.length ?? this.#text.length;
  }

  slice(start: number, end: number): string {
    return this.#points?.slice(start, end).join("") ?? this.#text.slice(start, end);
  }

  /** Position of the first occurrence of `part` at or after `from`, or -1. */
  indexOf(part: string, from: number): number {
    return this.#position(this.#text.indexOf(part, this.#unit(from)));
  }

  /** Position of the last occurrence of `part` that begins at or before `from`, or -1. */
  lastIndexOf(part: string, from: number): number {
    return this.#position(this.#text.lastIndexOf(part, this.#unit(from)));
  }

  #unit(position: number): number {
    return this.#points?.slice(0, position).join("").length ?? position;
  }

  #position(unit: number): number {
    return unit < 0 || this.#points === undefined ? unit : length(this.#text.slice(0, unit));
  }
}
