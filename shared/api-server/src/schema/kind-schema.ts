import { type KubeObject } from "@sluice/api";
import { type JsonObject } from "@sluice/base";
import { type FieldError } from "./field-error.ts";
import { type OpenApiNode } from "./open-api-node.ts";

/** Everything the server must know of one kind's fields in one version. */
export interface KindSchema {
  /** The kind's fields; `$ref`s are followed lazily. */
  readonly openApi: OpenApiNode;
  /** A new object as it is before anything is set: with the fields that Go always writes. */
  empty(): JsonObject;
  /**
   * Brings `object` in place into the form in which the server stores it: values in canonical form (quantities,
   * times), nulls and empty optional fields gone where Go would drop them, defaults filled in.
   * @throws {ObjectError} DECODE_INVALID if a field of a built-in kind (or of any kind's metadata) holds a value of the wrong type.
   */
  defaults(object: KubeObject): void;
  /** Removes unknown fields in place and returns their paths (`spec.replcas`), for fieldValidation Warn and Strict. */
  prune(object: KubeObject): string[];
  /**
   * What is wrong with `object`, after `defaults()`.
   * @param old the stored object when this is an update: immutable fields and transition rules are then checked.
   */
  validate(object: KubeObject, old?: KubeObject): FieldError[];
}
