import { networking } from "./address.ts";
import { conversions } from "./conversions.ts";
import { formatLibrary } from "./format.ts";
import { costly, define, FunctionTable, type Overload } from "./function.ts";
import { lists } from "./lists.ts";
import { operators } from "./operators.ts";
import { optionals } from "./optionals.ts";
import { quantities } from "./quantity.ts";
import type { Run } from "./run.ts";
import { semvers } from "./semver-library.ts";
import { strings } from "./strings.ts";
import { timeLibrary } from "./time-library.ts";
import { urls } from "./url.ts";

function findAll(text: string, pattern: string, limit: bigint, run: Run): string[] {
  const most = limit < 0n ? undefined : Number(limit);
  const found = run.regex(pattern, text).findAll(text, most);
  run.spend(found.length);
  return found.map((match) => match.text);
}

const patterns: readonly Overload[] = [
  define(
    ".find",
    ["string", "string"],
    "string",
    (text, pattern, run) => run.regex(pattern, text).find(text)?.text ?? "",
  ),
  define(".findAll", ["string", "string"], "list", (text, pattern, run) => findAll(text, pattern, -1n, run)),
  define(".findAll", ["string", "string", "int"], "list", findAll),
];

/** Every function that expressions may call: CEL's own, cel-go's extensions and Kubernetes' libraries. */
export const functions = new FunctionTable([
  ...operators,
  ...conversions,
  ...timeLibrary,
  ...strings,
  ...patterns,
  ...lists,
  ...optionals,
  ...costly(10, quantities),
  ...costly(10, networking),
  ...costly(10, urls),
  ...costly(10, semvers),
  ...costly(10, formatLibrary),
]);
