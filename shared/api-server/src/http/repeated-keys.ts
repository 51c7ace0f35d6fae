/**
 * The keys that an object in a JSON text has twice, as `duplicate field "path.to.key"`. `text` must be valid JSON.
 * A quick look decides first whether the slow walk is needed at all: most texts repeat no key in any one object.
 */
export function repeatedKeys(text: string): string[] {
  const found: string[] = [];
  const stack: Frame[] = [];
  const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]/g;
  for (let match = token.exec(text); match; match = token.exec(text)) step(match[0], stack, found);
  return [...new Set(found)];
}

/** One open object or list. */
interface Frame {
  /** Keys so far; absent for a list. */
  keys: Set<string> | undefined;
  /** The key or index that is being read. */
  at: string;
  index: number;
  expectKey: boolean;
}

function step(token: string, stack: Frame[], found: string[]): void {
  const top = stack.at(-1);
  if (token === "{") stack.push({ keys: new Set(), at: "", index: 0, expectKey: true });
  else if (token === "[") stack.push({ keys: undefined, at: "[0]", index: 0, expectKey: false });
  else if (token === "}" || token === "]") stack.pop();
  else if (token === "," && top) nextMember(top);
  else if (token.startsWith('"') && top?.expectKey && top.keys) readKey(token, top, stack, found);
}

function nextMember(frame: Frame): void {
  if (frame.keys) frame.expectKey = true;
  else frame.at = `[${++frame.index}]`;
}

function readKey(token: string, frame: Frame, stack: readonly Frame[], found: string[]): void {
  const key = token.includes("\\") ? (JSON.parse(token) as string) : token.slice(1, -1);
  frame.at = key;
  frame.expectKey = false;
  if (frame.keys?.has(key)) found.push(`duplicate field "${pathOf(stack)}"`);
  frame.keys?.add(key);
}

function pathOf(stack: readonly Frame[]): string {
  return stack
    .map(({ at }) => (at.startsWith("[") ? at : `.${at}`))
    .join("")
    .replace(/^\./, "");
}
