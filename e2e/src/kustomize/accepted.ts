import { parsePlainScalar } from "@sluice/base";
import { describeCase } from "./case.ts";
import { type Comparison } from "./compare.ts";
import { outputsWithoutOwnSchema } from "./schema-of-base.ts";

/** A kind of difference that is meant to be, how it is told from others, and why it is not mended. */
interface AcceptedClass {
  name: string;
  reason: string;
  holds(comparison: Comparison): boolean;
}

/** The closed list. An entry that no run meets any more is to be removed. */
const acceptedClasses: readonly AcceptedClass[] = [
  {
    name: "escapes of JSON",
    reason:
      "A slash and a surrogate pair may be escaped in JSON; kustomize cannot read such files, though they are valid.",
    holds: ({ ours, theirs, tried }) =>
      ours.is === "built" && theirs.is === "refused" && /\\(?:\/|ud83d)/.test(describeCase(tried)),
  },
  {
    name: "unquoted annotations after a JSON patch",
    reason:
      "A JSON patch makes kustomize read numbers before it turns them into the texts that annotations are: 0755 becomes 493 and 1000000 becomes 1e+06. Ours stay as they were written.",
    holds: ({ ours, theirs }) =>
      ours.is === "built" && theirs.is === "built" && withPlainNumbers(theirs.output) === withPlainNumbers(ours.output),
  },
  {
    name: "quotes that a patch or a name inherits",
    reason:
      "What takes the place of a scalar keeps its quotes, or their absence, however it was written itself. Ours know whether a text had quotes only where it could not stand without them; so a patch that puts a number or boolean in the place of a text, and a name that looks like a number, may come out as the other.",
    holds: ({ ours, theirs }) => {
      if (ours.is !== "built" || theirs.is === "crashed") return false;
      if (theirs.is === "refused") return /cannot decode !!str `.*` as a !!/.test(theirs.error);
      return withoutQuotes(theirs.output) === withoutQuotes(ours.output);
    },
  },
  {
    name: "types that a replacement breaks",
    reason:
      "A text in the place of a number is refused at once; kustomize notices when it writes the object, which by then may have another value there.",
    holds: ({ ours }) => ours.is === "refused" && ours.error.includes("which the new value is not"),
  },
  {
    name: "hashes of numbers",
    reason:
      "The hash of a generated object takes its data as texts. A patch may put numbers there, which no API server takes; kustomize hashes them as they were written, ours as they come out.",
    holds: ({ ours, theirs }) =>
      ours.is === "built" && theirs.is === "built" && withoutHashes(theirs.output) === withoutHashes(ours.output),
  },
  {
    name: "paths through scalars that nothing needs",
    reason:
      "Kustomize follows the paths of name references also where there is nothing to refer to, and refuses an object whose `spec`, say, is a number. Ours looks only where a name could change.",
    holds: ({ ours, theirs }) =>
      ours.is === "built" && theirs.is === "refused" && theirs.error.includes("expected sequence or mapping node"),
  },
  {
    name: "replacements into YAML in a text",
    reason:
      "A replacement may lead into a text that holds JSON. Kustomize also follows it into other YAML; ours refuses that.",
    holds: ({ ours, theirs }) =>
      ours.is === "refused" && theirs.is === "built" && ours.error.includes("does not hold JSON"),
  },
  {
    name: "texts that kustomize writes and cannot read",
    reason: "A text that starts with a tab and has line breaks ends kustomize with an error of its own YAML library.",
    holds: ({ ours, theirs }) =>
      ours.is === "built" &&
      theirs.is === "refused" &&
      /found a tab character where an indentation space is expected/.test(theirs.error),
  },
  {
    name: "folded text that other steps have touched",
    reason:
      "Kustomize's writer doubles some line breaks of folded text, unless a patch or a look for variables made it forget that the text was folded; ours doubles them all.",
    holds: ({ ours, theirs, tried }) =>
      ours.is === "built" &&
      theirs.is === "built" &&
      />[-+0-9]{0,2}(?:\\n|\n)/.test(describeCase(tried)) &&
      ours.output.replace(/\n\s*\n/g, "\n") === theirs.output.replace(/\n\s*\n/g, "\n"),
  },
  {
    name: "a schema of a base",
    reason:
      "A schema that a base or component brings joins what kustomize has parsed until then, or takes its place if it has not merged anything yet. Ours takes its place.",
    holds: ({ theirs, tried }) => {
      if (theirs.is === "crashed") return false;
      // Some objects meet one schema and then the other, which know different scopes.
      const bare = (output: string) => withoutAny(output.replace(/^ {2}namespace: .*\n/gm, ""));
      const wanted = theirs.is === "built" ? bare(theirs.output) : undefined;
      return outputsWithoutOwnSchema(tried).some((output) => {
        return (output === undefined ? undefined : bare(output)) === wanted;
      });
    },
  },
  {
    name: "integers beyond 2^53 after a JSON patch",
    reason: "A JSON patch makes kustomize round them to floats; ours stay exact.",
    holds: ({ ours, theirs }) =>
      ours.is === "built" && theirs.is === "built" && withFloats(theirs.output) === withFloats(ours.output),
  },
  {
    name: "times in flow collections",
    reason:
      "Kustomize's writer quotes a time that stands in brackets, so that it stays as it was written; ours all become RFC 3339.",
    holds: ({ ours, theirs }) =>
      ours.is === "built" && theirs.is === "built" && withoutTimes(theirs.output) === withoutTimes(ours.output),
  },
  {
    name: "line breaks of Unicode",
    reason: "Between its steps kustomize writes YAML in which U+0085, U+2028 and U+2029 fold to spaces; ours stay.",
    holds: ({ ours, theirs, tried }) =>
      ours.is === "built" &&
      theirs.is !== "crashed" &&
      /\u0085|\u2028|\u2029|\\u0085|\\u202[89]/.test(describeCase(tried)),
  },
];

/** The output with every number in quotes written in one way. */
function withPlainNumbers(output: string): string {
  return output.replace(
    /"(~|null|Null|NULL|[-+0-9][-+0-9a-fA-FeExXoObB_.]*)"/g,
    (_, text: string) => `"${String(parsePlainScalar(text))}"`,
  );
}

/** The output with large integers rounded as floats are. */
function withFloats(output: string): string {
  return output.replace(/-?\b(?:[0-9]{16,}|[0-9]\.[0-9]+e\+[0-9]+)\b/g, (number) => String(Number(number)));
}

/** The output without the hashes that end names. */
function withoutHashes(output: string): string {
  return output.replace(/-[a-z0-9]{10}$/gm, "-hash");
}

/** The output with every time made the same. */
function withoutTimes(output: string): string {
  return output.replace(/"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}[Tt ][^"\n]*"/g, "a time");
}

/** The output with one-line scalars as they would be without quotes, and numbers written in one way. */
function withoutQuotes(output: string): string {
  return output.replace(
    /^( *(?:- )*(?:"[^"]*"|[^ "]+): |[- ]*)("?)([-+.:=\w]*)\2$/gm,
    (_, lead: string, _quote, text: string) => {
      return lead + String(parsePlainScalar(text));
    },
  );
}

/** Every difference that may be met beside another in one case, taken out of an output. */
function withoutAny(output: string): string {
  const unfolded = output.replace(/\n\s*\n/g, "\n");
  return withoutQuotes(withoutTimes(withoutHashes(withFloats(withPlainNumbers(unfolded)))));
}

/** The name of the class that a difference belongs to, if any. */
export function acceptedClass(comparison: Comparison): string | undefined {
  const one = acceptedClasses.find((each) => each.holds(comparison))?.name;
  const { ours, theirs } = comparison;
  if (one !== undefined || ours.is !== "built" || theirs.is !== "built") return one;
  return withoutAny(ours.output) === withoutAny(theirs.output) ? "several of these at once" : undefined;
}
