import { cloneJson, isObject, type Json, type JsonObject, parsePlainScalar, type ScalarTexts } from "@sluice/base";

/** True if `texts` tells anything of a value or what is in it. */
export function hasTexts(value: Json | undefined, texts: ScalarTexts): boolean {
  if (Array.isArray(value)) return value.some((item) => hasTexts(item, texts));
  if (!isObject(value)) return false;
  return texts.has(value) || Object.values(value).some((item) => hasTexts(item, texts));
}

/** A copy whose scalars `texts` knows as well as those of the original. */
export function copyWithTexts<T extends Json | undefined>(value: T, texts: ScalarTexts): T {
  const copy = cloneJson(value);
  carryTexts(value, copy, { from: texts, to: texts });
  return copy;
}

/** Tells `how.to` of the scalars of `copy`, which equals `value`, what `how.from` tells of those of `value`. */
export function carryTexts(
  value: Json | undefined,
  copy: Json | undefined,
  how: { from: ScalarTexts; to: ScalarTexts },
): void {
  if (Array.isArray(value) && Array.isArray(copy)) {
    for (const [index, item] of value.entries()) carryTexts(item, copy[index], how);
    return;
  }
  if (!isObject(value) || !isObject(copy)) return;
  const written = how.from.get(value);
  if (written !== undefined) how.to.set(copy, new Map(written));
  for (const key of Object.keys(value)) carryTexts(value[key], copy[key], how);
}

/** How a member was written, if that is known and the member still is what was written. */
export function writtenText(mapping: JsonObject, key: string, texts: ScalarTexts | undefined): string | undefined {
  const text = texts?.get(mapping)?.get(key);
  return text !== undefined && parsePlainScalar(text) === mapping[key] ? text : undefined;
}

/** Notes that a member of `mapping` was set to what was written as `text`, or to a value that tells how it was written. */
export function noteText(
  mapping: JsonObject,
  key: string,
  how: { text: string | undefined; texts: ScalarTexts },
): void {
  const written = how.texts.get(mapping);
  if (how.text === undefined) written?.delete(key);
  else how.texts.set(mapping, (written ?? new Map<string, string>()).set(key, how.text));
}
