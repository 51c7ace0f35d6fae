import { isObject, setKey, type Json, type JsonObject } from "./json.ts";
import { YamlError } from "./yaml-errors.ts";
import { resolvePlain } from "./yaml-scalar.ts";
import { KEY_MARK, MERGE_KEY, TypedScalar } from "./yaml-schema.ts";

/** How a tree that js-yaml built becomes plain data. */
export interface PlainOptions {
  /** First line of the document, for messages. */
  line: number;
  /** True if the text can hold aliases: only then is sharing looked for. */
  aliased: boolean;
  /** Length of the document's text in UTF-16 code units; only what aliases add makes its scalars and keys longer. */
  length: number;
  limitDepth: number;
  /** `never`: a mapping's own keys always beat merged ones; `later`: a merge beats the keys before it. */
  mergeWins: "never" | "later";
  /** Whether keys that are numbers or booleans are errors, or become the texts of their values. */
  typedKeys: "error" | "text";
  /** Filled with the texts of scalars, see `YamlOptions.scalarTexts`. */
  scalarTexts?: ScalarTexts | undefined;
}

/** For a mapping, the texts of those of its scalars that their values do not tell. */
export type ScalarTexts = WeakMap<JsonObject, Map<string, string>>;

/**
 * Most values that collections behind aliases may stand for in one document, and most characters that aliases may make
 * its scalars and keys longer than the document itself.
 */
const LIMIT_ALIASED_VALUES = 250_000;
const LIMIT_ALIASED_CHARACTERS = 16 * 1024 * 1024;

/**
 * Copies what js-yaml built: boxed scalars are unwrapped, aliases copied out, merge keys resolved.
 * @throws {YamlError} SYNTAX for a key that is no string and for numbers that JSON lacks; TOO_LARGE when too deep (a
 *   cyclic alias is) or when aliases stand for too much.
 */
export function plainValue(raw: unknown, options: PlainOptions): Json {
  return new Copier(options).copy(raw, 0);
}

class Copier {
  readonly #options: PlainOptions;
  readonly #seen = new Set<unknown>();
  #aliasDepth = 0;
  #aliasedValues = 0;
  /** Of every scalar and key: a scalar does not tell whether an alias stands for it. */
  #characters = 0;

  constructor(options: PlainOptions) {
    this.#options = options;
  }

  copy(raw: unknown, depth: number): Json {
    if (typeof raw === "string") return this.#text(raw);
    if (raw instanceof TypedScalar) return this.#scalar(raw);
    if (raw === null || raw === undefined) return null;
    if (depth > this.#options.limitDepth) throw this.#tooLarge(`${this.#options.limitDepth} levels`);
    const again = this.#enter(raw);
    const copied = Array.isArray(raw) ? this.#list(raw, depth) : this.#mapping(raw as object, depth);
    if (again) this.#aliasDepth -= 1;
    return copied;
  }

  #enter(raw: unknown): boolean {
    if (!this.#options.aliased) return false;
    if (this.#aliasDepth > 0) this.#countValue();
    const again = this.#seen.has(raw);
    if (again) this.#aliasDepth += 1;
    else this.#seen.add(raw);
    return again;
  }

  #countValue(): void {
    this.#aliasedValues += 1;
    if (this.#aliasedValues > LIMIT_ALIASED_VALUES) throw this.#tooLarge(`${LIMIT_ALIASED_VALUES} aliased values`);
  }

  #countCharacters(text: string): void {
    if (!this.#options.aliased) return;
    this.#characters += text.length;
    if (this.#characters <= this.#options.length + LIMIT_ALIASED_CHARACTERS) return;
    throw this.#tooLarge(`${LIMIT_ALIASED_CHARACTERS} aliased characters`);
  }

  #text(raw: string): string {
    if (this.#aliasDepth > 0) this.#countValue();
    this.#countCharacters(raw);
    return raw;
  }

  #scalar(raw: TypedScalar): Json {
    if (this.#aliasDepth > 0) this.#countValue();
    this.#countCharacters(raw.text);
    if (typeof raw.value !== "number" || Number.isFinite(raw.value)) return raw.value;
    throw this.#syntax(`"${raw.text}" is not a number that JSON can hold`);
  }

  #list(raw: readonly unknown[], depth: number): Json[] {
    return raw.map((item) => this.copy(item, depth + 1));
  }

  #mapping(raw: object, depth: number): JsonObject {
    const result: JsonObject = {};
    for (const key of Object.keys(raw)) {
      const value = (raw as Record<string, unknown>)[key];
      if (key === MERGE_KEY) {
        this.#mergeEarlier(result, value, depth);
        continue;
      }
      this.#countCharacters(key);
      const name = key.startsWith(KEY_MARK) ? this.#typedKey(key.slice(KEY_MARK.length)) : this.#key(key);
      setKey(result, name, this.copy(value, depth + 1));
      this.#noteText(result, name, value);
    }
    return result;
  }

  #noteText(mapping: JsonObject, key: string, raw: unknown): void {
    const texts = this.#options.scalarTexts;
    const text = raw instanceof TypedScalar ? raw.text : raw === null ? "" : undefined;
    if (texts === undefined || text === undefined || text === String(mapping[key])) return;
    texts.set(mapping, (texts.get(mapping) ?? new Map<string, string>()).set(key, text));
  }

  #typedKey(text: string): string {
    const value = this.#options.typedKeys === "text" ? resolvePlain(text, "sigs").value : null;
    if (value !== null) return String(value);
    throw this.#syntax(`mapping key "${text}" is not a string; quote it`);
  }

  #key(key: string): string {
    if (key !== "[object Object]") return key;
    throw this.#syntax("a mapping key is a collection, as where a template in {{ }} was not rendered");
  }

  /** Merges what `<<` names. js-yaml keeps the order of keys, so keys that follow overwrite what is merged here. */
  #mergeEarlier(result: JsonObject, value: unknown, depth: number): void {
    const own = this.#options.mergeWins === "never" ? new Set(Object.keys(result)) : new Set<string>();
    const sources = Array.isArray(value) ? value : [value];
    const merged = new Set<string>();
    for (const source of sources) {
      const plain = this.copy(source, depth + 1);
      if (!isObject(plain)) throw this.#syntax("map merge requires a map or a list of maps as the value");
      for (const key of Object.keys(plain)) {
        if (own.has(key) || merged.has(key)) continue;
        merged.add(key);
        setKey(result, key, plain[key]);
      }
    }
  }

  #syntax(fact: string): YamlError {
    const { line } = this.#options;
    return new YamlError("SYNTAX", `Cannot parse YAML in the document at line ${line}: ${fact}`, { line, column: 1 });
  }

  #tooLarge(limit: string): YamlError {
    const message = `Cannot parse YAML in the document at line ${this.#options.line}: more than ${limit}`;
    return new YamlError("TOO_LARGE", message, { limit });
  }
}
