import { equalJson, isObject, type Json, ownKey } from "@sluice/base";

/** How a list's items are recognised: by a key, or, without one, by their value. */
export type Identity = string | undefined;

function identityOf(item: Json, key: Identity): Json | undefined {
  if (key === undefined) return item;
  return isObject(item) ? ownKey(item, key) : undefined;
}

/** Where `item` stands in `list`, or -1. */
export function positionOf(list: readonly Json[], item: Json, key: Identity): number {
  const wanted = identityOf(item, key);
  return list.findIndex((candidate) => equalJson(identityOf(candidate, key), wanted));
}

/**
 * `merged` in the order that a strategic merge patch means: the items that `order` names in its order, the others at the
 * place that they had in `original` relative to those.
 * @source `strategicpatch.normalizeElementOrder`
 */
export function inOrder(
  merged: readonly Json[],
  lists: { order: readonly Json[]; original: readonly Json[]; key: Identity },
): Json[] {
  const { order, original, key } = lists;
  const named = merged.filter((item) => positionOf(order, item, key) >= 0);
  const others = merged.filter((item) => positionOf(order, item, key) < 0);
  const left = sorted(others, original, key);
  const right = sorted(named, order, key);
  const result: Json[] = [];
  while (left.length > 0 || right.length > 0) {
    const [mine] = left;
    const [theirs] = right;
    const takeMine = theirs === undefined || (mine !== undefined && isBefore(mine, theirs, original, key));
    const next = takeMine ? left.shift() : right.shift();
    if (next !== undefined) result.push(next);
  }
  return result;
}

function isBefore(a: Json, b: Json, original: readonly Json[], key: Identity): boolean {
  const at = positionOf(original, a, key);
  const other = positionOf(original, b, key);
  return at >= 0 && other >= 0 && at < other;
}

function sorted(items: readonly Json[], order: readonly Json[], key: Identity): Json[] {
  const rank = (item: Json) => {
    const at = positionOf(order, item, key);
    return at < 0 ? order.length : at;
  };
  return [...items].sort((a, b) => rank(a) - rank(b));
}
