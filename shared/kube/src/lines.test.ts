import fc from "fast-check";
import { expect, test } from "vitest";
import { lineBatches } from "./lines.ts";

async function* chunksOf(...chunks: (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

async function linesOf(chunks: AsyncIterable<Uint8Array>, limitBytes = 1000): Promise<string[]> {
  const lines: string[] = [];
  for await (const batch of lineBatches(chunks, limitBytes)) lines.push(...batch);
  return lines;
}

test("lineBatches() joins a line that several chunks share", async () => {
  expect(await linesOf(chunksOf("a", "b", "c\nd", "e\n"))).toEqual(["abc", "de"]);
});

test("lineBatches() leaves empty lines out", async () => {
  expect(await linesOf(chunksOf("a\n\n\r\nb\n"))).toEqual(["a", "b"]);
});

test("lineBatches() gives back any text however it is cut into chunks", async () => {
  const line = fc.string({ unit: "binary", minLength: 1 }).filter((text) => !/[\n\r]/.test(text));
  await fc.assert(
    fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 7 }), async (lines, size) => {
      const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(""));
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
        bytes.subarray(at * size, (at + 1) * size),
      );
      expect(await linesOf(chunksOf(...chunks), 100_000)).toEqual(lines);
    }),
    { numRuns: 50 },
  );
});

test("lineBatches() refuses a line over the limit before it has all of it", async () => {
  await expect(linesOf(chunksOf("x".repeat(600), "x".repeat(600), "\n"))).rejects.toMatchObject({
    code: "BROKEN",
    data: { how: "too-large" },
  });
});

test("lineBatches() says that a stream was cut within a line, after the lines before it", async () => {
  const seen: string[] = [];
  const read = async () => {
    for await (const batch of lineBatches(chunksOf("a\nb"), 100)) seen.push(...batch);
  };
  await expect(read()).rejects.toMatchObject({ code: "BROKEN", data: { how: "cut" } });
  expect(seen).toEqual(["a"]);
});
