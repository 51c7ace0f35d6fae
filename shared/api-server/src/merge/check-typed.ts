import { isObject, type Json } from "@sluice/base";
import { goSyntax, goText, goType } from "./go-format.ts";
import { ItemError, itemElement } from "./list-items.ts";
import { formOf, type ListMerge, type MapMerge, type MergeType } from "./merge-type.ts";
import { displayElement, displayPath, fieldElement, indexElement, type PathElement } from "./path-element.ts";

export interface CheckOptions {
  /** Whether an associative list may have two items with the same keys: stored objects may, applied ones may not. */
  duplicates: boolean;
}

/**
 * Why `value` cannot be merged as `type`; empty if it can.
 * @returns texts such as `.spec.replcas: field not declared in schema`
 * @source structured-merge-diff `TypedValue.Validate`
 */
export function checkTyped(value: Json | undefined, type: MergeType, options: CheckOptions): string[] {
  const checker = new Checker(options);
  checker.check(value, type);
  return checker.errors;
}

/** Several errors as one text. @source structured-merge-diff `ValidationErrors.Error` */
export function checkErrorText(errors: readonly string[]): string {
  return errors.length === 1 ? (errors[0] as string) : ["errors:", ...errors.map((error) => `  ${error}`)].join("\n");
}

class Checker {
  readonly errors: string[] = [];
  readonly #options: CheckOptions;
  /** Where the checker is. */
  readonly #path: PathElement[] = [];

  constructor(options: CheckOptions) {
    this.#options = options;
  }

  check(value: Json | undefined, type: MergeType): void {
    const form = formOf(type, value);
    if (form.map) this.#map(value, form.map);
    else if (form.scalar) this.#scalar(value, form.scalar);
    else if (form.list) this.#list(value, form.list);
  }

  #fail(message: string): void {
    this.errors.push(this.#path.length === 0 ? message : `${displayPath(this.#path)}: ${message}`);
  }

  #map(value: Json | undefined, map: MapMerge): void {
    if (value === null || value === undefined) return;
    if (!isObject(value)) return this.#fail(`expected map, got &{${goText(value)}}`);
    for (const key of Object.keys(value)) {
      const type = map.field(key) ?? map.element;
      this.#path.push(fieldElement(key));
      if (type) this.check(value[key], type);
      else this.#fail("field not declared in schema");
      this.#path.pop();
      if (!type) return;
    }
  }

  #list(value: Json | undefined, list: ListMerge): void {
    if (value === null || value === undefined) return;
    if (!Array.isArray(value)) return this.#fail(`expected list, got &{${goText(value)}}`);
    const seen = new Set<PathElement>();
    for (const [index, item] of value.entries()) {
      const element = this.#element(list, item, index);
      if (element === undefined) return;
      if (!list.atomic && seen.has(element) && !this.#options.duplicates) {
        this.#fail(`duplicate entries for key ${displayElement(element)}`);
      }
      seen.add(element);
      this.#path.push(element);
      this.check(item, list.items);
      this.#path.pop();
    }
  }

  #element(list: ListMerge, item: Json, index: number): PathElement | undefined {
    if (list.atomic) return indexElement(index);
    try {
      return itemElement(list, item);
    } catch (error) {
      if (!(error instanceof ItemError)) throw error;
      this.#fail(`element ${index}: ${error.message}`);
      return undefined;
    }
  }

  #scalar(value: Json | undefined, scalar: NonNullable<MergeType["scalar"]>): void {
    if (value === null || value === undefined) return;
    const kind = typeof value;
    const isNumber = kind === "number" || kind === "bigint";
    if (scalar === "numeric" && !isNumber) this.#fail(`expected numeric (int or float), got ${goType(value)}`);
    if (scalar === "string" && kind !== "string") {
      this.#fail(`expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`);
    }
    if (scalar === "boolean" && kind !== "boolean") this.#fail(`expected boolean, got &{${goText(value)}}`);
    if (scalar === "untyped" && kind === "object") this.#fail(`expected any scalar, got &{${goText(value)}}`);
  }
}
