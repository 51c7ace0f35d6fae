import { type LoadOptions } from "js-yaml";

type Listener = NonNullable<LoadOptions["listener"]>;
type State = Parameters<Listener>[1];

/** A text that ends some line in what may be the header of a block scalar. */
const MAY_HAVE_BLOCKS = /[|>][-+0-9]{0,2}[ \t]*(?:#.*)?$/m;
const PROPERTIES = /(?:[ \t\r\n]+|#[^\n]*|[!&][^ \t\r\n]*)*/y;

export interface BlockOptions {
  /** Whether folded scalars come out as kyaml leaves them, see `refolded`. */
  refold: boolean;
}

/**
 * What js-yaml is to call so that block scalars come out as in Go: one that the end of the text cuts off has no line
 * break at its end. Undefined if the text has no block scalars.
 */
export function blockScalars(text: string, { refold }: BlockOptions): Listener | undefined {
  const isCut = text !== "" && !/[\r\n]$/.test(text);
  if ((!refold && !isCut) || !MAY_HAVE_BLOCKS.test(text)) return undefined;
  const starts: number[] = [];
  return (event, state) => {
    if (event === "open") {
      starts.push(state.position);
      return;
    }
    const start = starts.pop() ?? 0;
    if (typeof state.result !== "string") return;
    const indicator = indicatorAt(text, start);
    if (indicator !== "|" && indicator !== ">") return;
    if (isCut && state.position >= text.length) setResult(state, state.result.replace(/\n$/, ""));
    if (refold && indicator === ">") setResult(state, refolded(String(state.result)));
  };
}

/** The character at which a node starts, after its tag and anchor. */
function indicatorAt(text: string, start: number): string {
  PROPERTIES.lastIndex = start;
  return text.charAt(start + (PROPERTIES.exec(text)?.[0].length ?? 0));
}

function setResult(state: State, result: string): void {
  state.result = result;
}

/**
 * The text of a folded scalar after kyaml wrote it and read it again, as happens to every object that kustomize reads:
 * its writer doubles a line break before a line that starts with a blank, and after a first line that starts with one
 * it no longer keeps the breaks between the others apart from folds.
 * @source go.yaml.in/yaml/v3 `yaml_emitter_write_folded_scalar`, `yaml_parser_scan_block_scalar`
 */
export function refolded(text: string): string {
  if (/ (?:\n|$)/.test(text)) return text; // written in double quotes, which keep it
  const start = /^\n*/.exec(text)?.[0].length ?? 0;
  const doubles = /^[^ \t]/.test(text.slice(start));
  const lines = text.slice(start).split(/(\n+)/);
  let result = text.slice(0, start);
  for (let at = 0; at < lines.length; at += 2) {
    const [line = "", breaks = "", next = ""] = lines.slice(at, at + 3);
    const written = breaks.length + (doubles && !/^[ \t]/.test(line) ? 1 : 0);
    result += line + (breaks === "" ? "" : readBreaks(written, { line, next, breaks }));
  }
  return result;
}

/** What a reader makes of so many line breaks between two lines, the last of which is empty at the end. */
function readBreaks(count: number, { line, next, breaks }: { line: string; next: string; breaks: string }): string {
  if (next === "") return breaks.length === 1 ? "\n" : "\n".repeat(count);
  if (/^[ \t]/.test(line) || /^[ \t]/.test(next)) return "\n".repeat(count);
  return count === 1 ? " " : "\n".repeat(count - 1);
}
