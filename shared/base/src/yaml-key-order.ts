/**
 * Orders mapping keys as YAML writers written in Go do: symbols before letters, and runs of digits by their number
 * (`b9` before `b10`).
 * @source go.yaml.in/yaml v2, `keyList.Less`
 */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const shorter = Math.min(a.length, b.length);
  let at = 0;
  while (at < shorter && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  if (at === shorter) return a.length - b.length;
  return compareFrom(a, b, isLowSurrogate(a, at) && isLowSurrogate(b, at) ? at - 1 : at);
}

function compareFrom(a: string, b: string, at: number): number {
  const [left, right] = [a.codePointAt(at) ?? 0, b.codePointAt(at) ?? 0];
  const [leftLetter, rightLetter] = [isLetter(left), isLetter(right)];
  if (leftLetter && rightLetter) return left - right;
  if (leftLetter || rightLetter) return rightLetter ? -1 : 1;
  const [leftEnd, rightEnd] = [digitsEnd(a, at), digitsEnd(b, at)];
  const carried = (left === 0x30 || right === 0x30) && followsNumber(a, at) ? "1" : "";
  const byNumber = compareNumbers(carried + a.slice(at, leftEnd), carried + b.slice(at, rightEnd));
  return byNumber || leftEnd - rightEnd || left - right;
}

/** True if the digits just before `at` hold one that is not zero: then a zero at `at` is not a leading one. */
function followsNumber(text: string, at: number): boolean {
  for (let before = at - 1; before >= 0 && isDigit(text.charCodeAt(before)); before -= 1) {
    if (text.charCodeAt(before) !== 0x30) return true;
  }
  return false;
}

/** Compares runs of digits as the reference does, in 64-bit integers that wrap around. */
function compareNumbers(a: string, b: string): number {
  if (a.length <= 15 && b.length <= 15) return Number(a) - Number(b);
  const [left, right] = [BigInt.asIntN(64, BigInt(a)), BigInt.asIntN(64, BigInt(b))];
  return left < right ? -1 : left > right ? 1 : 0;
}

function digitsEnd(text: string, from: number): number {
  let end = from;
  while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
  return end;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isLetter(point: number): boolean {
  if (point < 0x80) return (point >= 0x41 && point <= 0x5a) || (point >= 0x61 && point <= 0x7a);
  return /^\p{L}$/u.test(String.fromCodePoint(point));
}

function isLowSurrogate(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return at > 0 && code >= 0xdc00 && code <= 0xdfff;
}
