import { type Row } from "./board.ts";

const marks: Record<Row["state"], string> = {
  ready: "✔",
  working: "…",
  waiting: "◷",
  failed: "✗",
  stalled: "✗",
  suspended: "‖",
};

/** The lines of the table, cut to `width` columns; `width` 0 means as long as they are. */
export function tableLines(rows: readonly Row[], width: number): string[] {
  const cells = rows.map((row) => [
    `${marks[row.state]} ${row.state}`,
    row.kind,
    `${row.namespace}/${row.name}`,
    oneLine(row.message),
  ]);
  const head = ["STATE", "KIND", "NAME", "MESSAGE"];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...cells.map((cell) => (cell[column] ?? "").length)),
  );
  return [head, ...cells].map((cell) => {
    const line = cell
      .map((text, column) => (column === cell.length - 1 ? text : text.padEnd(widths[column] ?? 0)))
      .join("  ");
    return width > 0 && line.length > width ? `${line.slice(0, width - 1)}…` : line;
  });
}

/** One row as a line of its own: for output that is not a terminal. */
export function rowLine(row: Row): string {
  return `${marks[row.state]} ${row.kind}/${row.namespace}/${row.name} ${row.state}: ${oneLine(row.message)}`;
}

function oneLine(text: string): string {
  return text.replace(/\s*\n\s*/g, "; ");
}
