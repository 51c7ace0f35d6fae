const SIMPLE = /^[A-Za-z0-9_/.-]*$/;

/**
 * The source of a JavaScript pattern that means the same as an RE2 pattern of letters, digits, slashes, dashes and dots, with
 * at most one `.*`: what names in selectors and images mostly are. It is linear in the text and needs no compiling by RE2.
 * @returns undefined for any other pattern. To be used with the flag `u`.
 */
export function simplePattern(pattern: string): string | undefined {
  const [before = "", after = "", more] = pattern.split(".*");
  if (more !== undefined || !SIMPLE.test(before) || !SIMPLE.test(after)) return undefined;
  return [before, after]
    .slice(0, pattern.includes(".*") ? 2 : 1)
    .map((part) => part.replaceAll(".", "[^\\n]"))
    .join("[^\\n]*");
}
