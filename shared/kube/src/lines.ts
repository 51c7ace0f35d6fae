import { KubeError } from "./errors.ts";

const NEWLINE = 10;

/**
 * Splits a byte stream at newlines; each batch holds the lines that one chunk completed. Lines are decoded whole, so a character
 * that two chunks share comes out right. Empty lines are left out.
 * @throws {KubeError} BROKEN: `too-large` if a line is longer than `limitBytes`, `cut` if the stream ends within a line.
 */
export async function* lineBatches(chunks: AsyncIterable<Uint8Array>, limitBytes: number): AsyncGenerator<string[]> {
  let rest: Buffer[] = [];
  let restBytes = 0;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const lines: string[] = [];
    let start = 0;
    for (let end = bytes.indexOf(NEWLINE); end >= 0; end = bytes.indexOf(NEWLINE, start)) {
      const line = restBytes === 0 ? bytes.toString("utf8", start, end) : joined(rest, bytes.subarray(start, end));
      if (line !== "" && line !== "\r") lines.push(line);
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    if (start < bytes.length) {
      rest.push(bytes.subarray(start));
      restBytes += bytes.length - start;
    }
    if (lines.length > 0) yield lines;
    if (restBytes > limitBytes) throw broken("too-large", `a line of more than ${limitBytes} bytes`);
  }
  if (restBytes > 0) throw broken("cut", "the stream ended within a line");
}

function joined(rest: readonly Buffer[], last: Buffer): string {
  return Buffer.concat([...rest, last]).toString("utf8");
}

function broken(how: "too-large" | "cut", detail: string): KubeError {
  return new KubeError("BROKEN", `Cannot read a watch: ${detail}`, { how, detail });
}
