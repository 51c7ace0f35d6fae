import { type Row } from "./board.ts";
import { liveLines, rowLine, tableLines } from "./table.ts";

/** Where text goes. */
export interface Output {
  write(text: string): void;
  /** Size of the terminal now; undefined if it is none. */
  size(): { columns: number; lines: number } | undefined;
  /** Calls `listener` whenever the size has changed. */
  onResize(listener: () => void): Disposable;
}

/** Shows the rows: a table that is redrawn in place on a terminal, a line for each change elsewhere. */
export class Screen implements Disposable {
  readonly #output: Output;
  readonly #said = new Map<string, string>();
  readonly #resizing: Disposable;
  #rows: readonly Row[] = [];
  #drawn: readonly string[] = [];

  constructor(output: Output) {
    this.#output = output;
    this.#resizing = output.onResize(() => this.show(this.#rows));
  }

  /** A line that stays. */
  say(line: string): void {
    this.#erase();
    this.#output.write(`${line}\n`);
  }

  show(rows: readonly Row[]): void {
    this.#rows = rows;
    const size = this.#output.size();
    if (size) this.#redraw(liveLines(rows, { ...size, lines: size.lines - 1 }));
    else this.#lines(rows);
  }

  /** The whole table, to stay. */
  finish(rows: readonly Row[]): void {
    this.#erase();
    for (const line of tableLines(rows)) this.#output.write(`${line}\n`);
  }

  #lines(rows: readonly Row[]): void {
    for (const row of rows) {
      const [key, line] = [`${row.kind}/${row.namespace}/${row.name}`, rowLine(row)];
      if (this.#said.get(key) === line) continue;
      this.#said.set(key, line);
      this.#output.write(`${line}\n`);
    }
  }

  #redraw(lines: readonly string[]): void {
    this.#erase();
    this.#output.write(lines.map((line) => `${line}\n`).join(""));
    this.#drawn = lines;
  }

  /** Takes the table off the terminal: as many lines as it takes at the width of now. */
  #erase(): void {
    const columns = this.#output.size()?.columns ?? 0;
    const height = this.#drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(line.length / Math.max(columns, 1))),
      0,
    );
    if (height > 0) this.#output.write(`\u001b[${height}A\u001b[J`);
    this.#drawn = [];
  }

  [Symbol.dispose](): void {
    this.#resizing[Symbol.dispose]();
  }
}
