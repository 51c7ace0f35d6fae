import { type Row } from "./board.ts";

const marks: Record<Row["state"], string> = {
  ready: "✔",
  working: "…",
  waiting: "◷",
  failed: "✗",
  stalled: "✗",
  suspended: "‖",
};

/** What needs the user's eye comes first. */
const urgency: Record<Row["state"], number> = { failed: 0, stalled: 0, working: 1, waiting: 2, suspended: 3, ready: 4 };

const HEAD = ["STATE", "KIND", "NAME", "MESSAGE"];

/** The table with every row and every message whole. */
export function tableLines(rows: readonly Row[]): string[] {
  const widths = widthsOf(rows);
  return [HEAD, ...rows.map(cellsOf)].map((cells) => lineOf(cells, widths));
}

/**
 * The table as it fits a terminal: the most urgent rows first, messages of failures in as many lines as they need, others cut; what has no room is counted
 * in the last line.
 */
export function liveLines(rows: readonly Row[], size: { columns: number; lines: number }): string[] {
  const sorted = [...rows].sort((a, b) => urgency[a.state] - urgency[b.state]);
  const widths = widthsOf(rows);
  const blocks = sorted.map((row) => blockOf(row, widths, size.columns));
  const shown = [cut(lineOf(HEAD, widths), size.columns)];
  let taken = 0;
  for (const block of blocks) {
    const reserve = taken + 1 < blocks.length ? 1 : 0;
    if (shown.length + block.length + reserve > size.lines && taken > 0) break;
    shown.push(...block);
    taken++;
  }
  if (taken < sorted.length) shown.push(cut(`… and ${countText(sorted.slice(taken))}`, size.columns));
  return shown.slice(0, Math.max(size.lines, 2));
}

/** One row as a line of its own: for output that is not a terminal. */
export function rowLine(row: Row): string {
  return `${marks[row.state]} ${row.kind}/${row.namespace}/${row.name} ${row.state}: ${messageOf(row)}`;
}

function blockOf(row: Row, widths: readonly number[], columns: number): string[] {
  const line = lineOf(cellsOf(row), widths);
  if (urgency[row.state] > 0 || line.length <= columns) return [cut(line, columns)];
  const [state = "", kind = "", name = ""] = cellsOf(row);
  return [
    cut(lineOf([state, kind, name, ""], widths).trimEnd(), columns),
    ...wrapped(messageOf(row), columns - 4).map((part) => `    ${part}`),
  ];
}

function cellsOf(row: Row): string[] {
  return [`${marks[row.state]} ${row.state}`, row.kind, `${row.namespace}/${row.name}`, messageOf(row)];
}

function widthsOf(rows: readonly Row[]): number[] {
  const cells = rows.map(cellsOf);
  return HEAD.map((title, column) => Math.max(title.length, ...cells.map((cell) => (cell[column] ?? "").length)));
}

function lineOf(cells: readonly string[], widths: readonly number[]): string {
  return cells
    .map((text, column) => (column === cells.length - 1 ? text : text.padEnd(widths[column] ?? 0)))
    .join("  ");
}

function cut(line: string, columns: number): string {
  return line.length > columns ? `${line.slice(0, Math.max(columns - 1, 0))}…` : line;
}

/** Breaks at spaces, and inside a word only if it is wider than a line. */
function wrapped(text: string, columns: number): string[] {
  const width = Math.max(columns, 10);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ").flatMap((word) => word.match(new RegExp(`.{1,${width}}`, "gs")) ?? [])) {
    if (line !== "" && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return line === "" ? lines : [...lines, line];
}

function countText(rows: readonly Row[]): string {
  const states = [...new Set(rows.map(({ state }) => state))];
  return states.map((state) => `${rows.filter((row) => row.state === state).length} ${state}`).join(", ");
}

/** On one line, with commit hashes as short as people use them. */
function messageOf({ message }: Row): string {
  return message.replace(/\s*\n\s*/g, "; ").replace(/sha1:([0-9a-f]{8})[0-9a-f]{32}/g, "sha1:$1");
}
