import { type Row } from "./board.ts";
import { rowLine, tableLines } from "./table.ts";

/** Where text goes. */
export interface Output {
  write(text: string): void;
  /** Columns of the terminal; undefined if it is none. */
  columns: number | undefined;
}

/** Shows the rows: a table that is redrawn in place on a terminal, a line for each change elsewhere. */
export class Screen {
  readonly #output: Output;
  readonly #said = new Map<string, string>();
  #drawn = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  /** A line that stays. */
  say(line: string): void {
    this.#erase();
    this.#output.write(`${line}\n`);
  }

  show(rows: readonly Row[]): void {
    if (this.#output.columns === undefined) this.#lines(rows);
    else this.#redraw(rows, this.#output.columns);
  }

  /** The whole table, to stay. */
  finish(rows: readonly Row[]): void {
    this.#erase();
    for (const line of tableLines(rows, this.#output.columns ?? 0)) this.#output.write(`${line}\n`);
  }

  #lines(rows: readonly Row[]): void {
    for (const row of rows) {
      const [key, line] = [`${row.kind}/${row.namespace}/${row.name}`, rowLine(row)];
      if (this.#said.get(key) === line) continue;
      this.#said.set(key, line);
      this.#output.write(`${line}\n`);
    }
  }

  #redraw(rows: readonly Row[], columns: number): void {
    const lines = tableLines(rows, columns);
    this.#erase();
    this.#output.write(lines.map((line) => `${line}\n`).join(""));
    this.#drawn = lines.length;
  }

  /** Takes the table off the terminal. */
  #erase(): void {
    if (this.#drawn > 0) this.#output.write(`\u001b[${this.#drawn}A\u001b[J`);
    this.#drawn = 0;
  }
}
