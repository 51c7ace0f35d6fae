/** What decoding a time gives: its canonical text, or the error text of Go's parser. */
export type DecodedTime = { time: string } | { error: string };

const RFC3339 = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2}):(\d{2})(?:[.,](\d+))?(Z|[+-]\d{2}:\d{2})$/;

/**
 * `text` as the API server stores a time: UTC, whole seconds; with `micro` six decimals.
 * @source `metav1.Time.UnmarshalJSON`, `metav1.MicroTime.UnmarshalJSON`
 */
export function decodeTime(text: string, micro: boolean): DecodedTime {
  const parts = RFC3339.exec(text);
  const instant = parts ? Date.parse(`${text.slice(0, 19)}${parts[8]}`) : Number.NaN;
  const precise = !micro || /^\d{6}$/.test(parts?.[7] ?? "");
  if (!parts || Number.isNaN(instant) || !precise) return { error: parseError(text, micro) };
  const seconds = new Date(instant).toISOString().slice(0, 19);
  return { time: micro ? `${seconds}.${parts[7]}Z` : `${seconds}Z` };
}

function parseError(text: string, micro: boolean): string {
  const layout = micro ? "2006-01-02T15:04:05.000000Z07:00" : "2006-01-02T15:04:05Z07:00";
  const [rest, wanted] = firstMismatch(text, micro);
  return `parsing time ${JSON.stringify(text)} as ${JSON.stringify(layout)}: cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(wanted)}`;
}

const SECONDS: [RegExp, string][] = [[/^\d{2}(?:[.,]\d+)?/, "05"]];
const MICRO_SECONDS: [RegExp, string][] = [
  [/^\d{2}/, "05"],
  [/^\.\d{6}/, ".000000"],
];

/** Where Go's parser stops, and the element of the layout it wanted there. */
function firstMismatch(text: string, micro: boolean): [string, string] {
  const steps: [RegExp, string][] = [
    [/^\d{4}/, "2006"],
    [/^-/, "-"],
    [/^\d{2}/, "01"],
    [/^-/, "-"],
    [/^\d{2}/, "02"],
    [/^T/, "T"],
    [/^\d{2}/, "15"],
    [/^:/, ":"],
    [/^\d{2}/, "04"],
    [/^:/, ":"],
    ...(micro ? MICRO_SECONDS : SECONDS),
  ];
  let rest = text;
  for (const [pattern, wanted] of steps) {
    const found = pattern.exec(rest);
    if (!found) return [rest, wanted];
    rest = rest.slice(found[0].length);
  }
  return [rest, "Z07:00"];
}
