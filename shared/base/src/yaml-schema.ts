import { Schema, Type, type TypeConstructorOptions } from "js-yaml";
import { type Json } from "./json.ts";
import { mayBeTyped, resolvePlain, type PlainScalar, type YamlDialect } from "./yaml-scalar.ts";

/** Opens the text of a mapping key that was not a string; the character cannot occur in a YAML stream. */
export const KEY_MARK = "\uFFFF";
/** The text that a merge key (`<<`) has until `plainValue` resolves it. */
export const MERGE_KEY = `${KEY_MARK}<<`;

/** A scalar that is not a string, boxed until `plainValue` unwraps it so that it can be told apart as a mapping key. */
export class TypedScalar {
  readonly tag: PlainScalar["tag"];
  readonly text: string;
  readonly value: Json;

  constructor(text: string, scalar: PlainScalar) {
    this.text = text;
    this.tag = scalar.tag;
    this.value = scalar.value;
  }

  /** Anything but "Object": js-yaml then asks `toString` for the text of a key. */
  get [Symbol.toStringTag](): string {
    return "TypedScalar";
  }

  toString(): string {
    return this.tag === "merge" ? MERGE_KEY : `${KEY_MARK}${this.text}`;
  }
}

function makeSchema(dialect: YamlDialect): Schema {
  const plain = scalarType("tag:sluice.dev,2026:plain", {
    resolve: mayBeTyped,
    construct: (text: string) => {
      const scalar = resolvePlain(text, dialect);
      return scalar.tag === "str" ? text : new TypedScalar(text, scalar);
    },
  });
  return new Schema({ implicit: [plain], explicit: explicitTypes(dialect) });
}

function scalarType(tag: string, options: TypeConstructorOptions): Type {
  return new Type(tag, { kind: "scalar", ...options });
}

function explicitTypes(dialect: YamlDialect): Type[] {
  const tagged = (tag: PlainScalar["tag"], also: readonly PlainScalar["tag"][] = []) =>
    scalarType(`tag:yaml.org,2002:${tag}`, {
      resolve: (text: string | null) => [tag, ...also].includes(resolvePlain(text ?? "", dialect).tag),
      construct: (text: string | null) => new TypedScalar(text ?? "", resolvePlain(text ?? "", dialect)),
    });
  const text = (value: string | null) => value ?? "";
  return [
    tagged("null"),
    tagged("bool"),
    tagged("int"),
    tagged("float", ["int"]),
    tagged("timestamp"),
    scalarType("tag:yaml.org,2002:str", { construct: text }),
    scalarType("tag:yaml.org,2002:binary", { resolve: isBase64, construct: (value) => decodeBase64(text(value)) }),
    new Type("tag:yaml.org,2002:seq", { kind: "sequence", construct: (value) => value ?? [] }),
    new Type("tag:yaml.org,2002:map", { kind: "mapping", construct: (value) => value ?? {} }),
    new Type("tag:yaml.org,2002:set", { kind: "mapping", construct: (value) => value ?? {} }),
    new Type("!", { kind: "scalar", multi: true, construct: text }),
    new Type("!", { kind: "sequence", multi: true, construct: (value) => value ?? [] }),
    new Type("!", { kind: "mapping", multi: true, construct: (value) => value ?? {} }),
  ];
}

function isBase64(text: string | null): boolean {
  return /^[A-Za-z0-9+/\s]*=*\s*$/.test(text ?? "");
}

function decodeBase64(text: string): string {
  return Buffer.from(text, "base64").toString("utf8");
}

/** The js-yaml schemas with the rules of each dialect; making one takes longer than parsing a small document. */
export const SCHEMAS: Readonly<Record<YamlDialect, Schema>> = { kyaml: makeSchema("kyaml"), sigs: makeSchema("sigs") };
