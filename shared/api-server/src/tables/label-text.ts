import { isObject, type JsonObject } from "@sluice/base";
import { labelSelectorText } from "../registry/scale.ts";
import { orNone } from "./read.ts";

/** Labels as `a=b,c=d` in the order of their keys, or `<none>`. @source `labels.FormatLabels` */
export function labelsText(labels: JsonObject): string {
  const terms = Object.entries(labels).map(([key, value]) => `${key}=${String(value)}`);
  return orNone(terms.sort().join(","));
}

/** A label selector of either kind, or `<none>` if it selects everything. */
export function selectorText(selector: unknown): string {
  return orNone(isObject(selector) ? labelSelectorText(selector) : "");
}
