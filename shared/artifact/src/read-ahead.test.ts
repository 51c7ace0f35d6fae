import { expect, test } from "vitest";
import { readAhead } from "./read-ahead.ts";
import { type TarEntry } from "./tar-write.ts";

function file(path: string, size: number, started: string[]): TarEntry {
  return {
    type: "file",
    path,
    executable: false,
    size,
    async read() {
      started.push(path);
      if (path === "broken") throw new Error("cannot read it");
      return Buffer.alloc(size);
    },
  };
}

async function startedWhenFirstCame(sizes: number[], limits: { files: number; bytes: number }): Promise<string[]> {
  const started: string[] = [];
  const entries = readAhead(
    sizes.map((size, i) => file(`f${i}`, size, started)),
    limits,
  );
  await entries.next();
  await entries.return(undefined);
  return started;
}

test("readAhead() reads one burst of files while the one before it is being used", async () => {
  expect(await startedWhenFirstCame([1, 1, 1, 1, 1], { files: 2, bytes: 100 })).toEqual(["f0", "f1", "f2", "f3"]);
});

test("readAhead() ends a burst at its limit of bytes, after at least one file", async () => {
  expect(await startedWhenFirstCame([50, 60, 500, 1], { files: 9, bytes: 100 })).toEqual(["f0", "f1", "f2"]);
});

test("readAhead() keeps the order, reads each file once, and passes failures to who reads", async () => {
  const started: string[] = [];
  const given = [file("a", 1, started), { type: "directory", path: "d" } as const, file("broken", 1, started)];
  const paths: string[] = [];
  for await (const entry of readAhead(given, { files: 9, bytes: 9 })) {
    paths.push(entry.path);
    if (entry.type !== "file") continue;
    if (entry.path === "broken") await expect(entry.read()).rejects.toThrow("cannot read it");
    else expect(await entry.read()).toHaveLength(1);
  }
  expect([paths, started]).toEqual([
    ["a", "d", "broken"],
    ["a", "broken"],
  ]);
});
