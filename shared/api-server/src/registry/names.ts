import { randomBytes } from "node:crypto";

/** Letters of generated names: no vowels and nothing that looks like another. @source `k8s.io/apimachinery/pkg/util/rand` */
const ALPHABET = "bcdfghjklmnpqrstvwxz2456789";
const SUFFIX_LENGTH = 5;
const MAX_BASE = 63 - SUFFIX_LENGTH;

/** A name for `metadata.generateName`: the base, cut to 58 characters, and five random ones. */
export function generatedName(base: string): string {
  let suffix = "";
  for (const byte of randomBytes(SUFFIX_LENGTH)) suffix += ALPHABET[byte % ALPHABET.length];
  return base.slice(0, MAX_BASE) + suffix;
}
