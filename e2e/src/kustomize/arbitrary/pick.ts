import fc from "fast-check";

/** `arbitrary` once in `oneIn` draws, else undefined, to which it also shrinks. */
export function sometimes<T>(arbitrary: fc.Arbitrary<T>, oneIn = 2): fc.Arbitrary<T | undefined> {
  const nothing = fc.constant(undefined);
  const either = [
    { weight: oneIn - 1, arbitrary: nothing },
    { weight: 1, arbitrary },
  ] as const;
  return fc.oneof({ withCrossShrink: true }, ...either);
}

/** One of several values; the first is the simplest. */
export function one<const T>(...values: readonly T[]): fc.Arbitrary<T> {
  return fc.constantFrom(...values);
}

/** One of several arbitraries; values shrink towards the first. */
export function either<T>(...arbitraries: readonly fc.Arbitrary<T>[]): fc.Arbitrary<T> {
  return fc.oneof({ withCrossShrink: true }, ...arbitraries);
}

/** Few values. */
export function few<T>(arbitrary: fc.Arbitrary<T>, most = 3): fc.Arbitrary<T[]> {
  return fc.array(arbitrary, { maxLength: most });
}

/** Some values, at least one. */
export function some<T>(arbitrary: fc.Arbitrary<T>, most = 3): fc.Arbitrary<T[]> {
  return fc.array(arbitrary, { minLength: 1, maxLength: most });
}

/** A number that stands for a choice which can only be made when everything is known; see `nth`. */
export const choice: fc.Arbitrary<number> = fc.nat({ max: 97 });

/** The element that a choice stands for, or undefined if there is none to choose. */
export function nth<T>(items: readonly T[], chosen: number): T | undefined {
  return items.length === 0 ? undefined : items[chosen % items.length];
}

/** A mapping of some of the given keys. */
export function mapping<T>(keys: readonly string[], value: fc.Arbitrary<T>, most = 3): fc.Arbitrary<Record<string, T>> {
  return fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: most, noNullPrototype: true });
}

/** What an arbitrary makes. */
export type Made<A> = A extends fc.Arbitrary<infer T> ? T : never;
