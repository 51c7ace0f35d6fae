import fc from "fast-check";
import { expect, test } from "vitest";
import { compareWalkOrder } from "./entry-path.ts";
import { isArtifactError } from "./errors.ts";
import { checksumOf } from "./tar-header.ts";
import { readTar } from "./tar-read.ts";
import { type TarEntry, writeTar } from "./tar-write.ts";

const limits = { entries: 10_000 };

function file(path: string, content = "", executable = false): TarEntry {
  const bytes = Buffer.from(content);
  return { type: "file", path, executable, size: bytes.length, read: () => bytes };
}

async function tarOf(...entries: TarEntry[]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of writeTar(entries)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** A header with fields of the caller's, for what our writer would never write. */
function header(fields: {
  name: string;
  type: string;
  size?: number;
  mode?: number;
  link?: string;
  magic?: string;
}): Buffer {
  const block = Buffer.alloc(512);
  block.write(fields.name, 0, "latin1");
  block.write((fields.mode ?? 0o644).toString(8).padStart(7, "0"), 100);
  block.write((fields.size ?? 0).toString(8).padStart(11, "0"), 124);
  block.write(fields.type, 156, "latin1");
  block.write(fields.link ?? "", 157, "latin1");
  block.write(fields.magic ?? "ustar\x0000", 257, "latin1");
  block.write(`${checksumOf(block).toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function padded(text: string): Buffer {
  const bytes = Buffer.from(text);
  return Buffer.concat([bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]);
}

const end = Buffer.alloc(1024);
const read = (...blocks: Buffer[]) => readTar(Buffer.concat([...blocks, end]), limits);

test("writeTar() writes ustar headers with fixed modes, no owner and no time", async () => {
  const tar = await tarOf({ type: "directory", path: "." }, file("a.yaml", "hello"), file("b.sh", "x", true));
  const fields = [0, 512, 1536].map((at) => ({
    name: tar.toString("latin1", at, at + 100).replace(/\0.*$/s, ""),
    mode: tar.toString("latin1", at + 100, at + 107),
    owners: tar.toString("latin1", at + 108, at + 123),
    mtime: tar.toString("latin1", at + 136, at + 147),
    type: tar.toString("latin1", at + 156, at + 157),
    magic: tar.toString("latin1", at + 257, at + 265),
  }));
  const fixed = { owners: "0000000\x000000000", mtime: "00000000000", magic: "ustar\x0000" };
  expect(fields).toEqual([
    { name: ".", mode: "0000750", type: "5", ...fixed },
    { name: "a.yaml", mode: "0000600", type: "0", ...fixed },
    { name: "b.sh", mode: "0000700", type: "0", ...fixed },
  ]);
  expect(tar.length % 512).toBe(0);
});

test("readTar() gives back whatever writeTar() was given", async () => {
  const segment = fc
    .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
    .map((s) => s.replace(/[\p{C}/\\.\uFFFD]/gu, "_"));
  const path = fc.array(segment, { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
  const files = fc.uniqueArray(fc.record({ path, text: fc.string({ maxLength: 1200 }), executable: fc.boolean() }), {
    selector: (entry) => entry.path,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(files, async (given) => {
      const paths = given.map((entry) => entry.path);
      fc.pre(!paths.some((a) => paths.some((b) => b.startsWith(`${a}/`))));
      const sorted = [...given].sort((a, b) => compareWalkOrder(a.path, b.path));
      const tar = await tarOf(...sorted.map((entry) => file(entry.path, entry.text, entry.executable)));
      const back = readTar(tar, limits).files.map(({ path: name, content, executable }) => ({
        path: name,
        text: Buffer.from(content).toString(),
        executable,
      }));
      expect(back).toEqual(sorted.map((entry) => ({ ...entry, text: Buffer.from(entry.text).toString() })));
    }),
    { numRuns: 100 },
  );
});

test.each([
  ["100 characters", "n".repeat(100)],
  ["a prefix", `${"p".repeat(150)}/${"n".repeat(100)}`],
  ["a pax record", "n".repeat(101)],
  ["a pax record of 1000 bytes", `${"d/".repeat(100)}${"n".repeat(783)}`],
  ["other letters", "äöü/字.yaml"],
])("a name that needs %s survives", async (_, path) => {
  expect(readTar(await tarOf(file(path, "x")), limits).files.map((entry) => entry.path)).toEqual([path]);
});

test.each([
  ["twice", [file("a"), file("a")]],
  ["out of order", [file("b"), file("a")]],
  ["above the root", [file("../a")]],
  ["absolute", [file("/a")]],
])("writeTar() refuses a path that is %s", async (_, entries) => {
  await expect(tarOf(...entries)).rejects.toMatchObject({ code: "ENTRY_INVALID" });
});

test("writeTar() refuses content that is not as long as announced", async () => {
  const lying: TarEntry = { type: "file", path: "a", executable: false, size: 5, read: () => Buffer.from("four") };
  await expect(tarOf(lying)).rejects.toMatchObject({ code: "ENTRY_INVALID", data: { path: "a" } });
});

test.each(["../x", "/x", "a/..", "..", "a\\..\\b", "a//b"])("readTar() refuses the entry %j", (name) => {
  expect(() => read(header({ name, type: "0" }))).toThrow(expect.objectContaining({ code: "ENTRY_INVALID" }));
});

test.each([
  ["hard link", "1"],
  ["symbolic link", "2"],
  ["character device", "3"],
  ["block device", "4"],
  ["FIFO", "6"],
])("readTar() drops a %s, and does not follow it", (_, type) => {
  const contents = read(header({ name: "x", type, link: "/etc/passwd", size: 99 }), header({ name: "y", type: "0" }));
  expect(contents.dropped).toEqual([{ path: "x", type }]);
  expect(contents.files.map(({ path }) => path)).toEqual(["y"]);
});

test("readTar() takes the executable bit and no other from the mode", () => {
  expect(read(header({ name: "x", type: "0", mode: 0o4755 })).files[0]).toEqual({
    path: "x",
    executable: true,
    content: expect.anything() as unknown,
  });
});

test.each([
  ["twice", [header({ name: "a", type: "0" }), header({ name: "a", type: "0" })]],
  ["below a file", [header({ name: "a", type: "0" }), header({ name: "a/b", type: "0" })]],
  ["file and directory", [header({ name: "a/b", type: "0" }), header({ name: "a", type: "0" })]],
  ["directory and file", [header({ name: "a", type: "0" }), header({ name: "a/", type: "5" })]],
])("readTar() refuses an entry that is there %s", (_, blocks) => {
  expect(() => read(...blocks)).toThrow(expect.objectContaining({ code: "ENTRY_INVALID" }));
});

test("a pax record that moves an entry out of the archive is refused", () => {
  const record = "16 path=../../x\n";
  expect(() =>
    read(header({ name: "pax", type: "x", size: 16 }), padded(record), header({ name: "a", type: "0" })),
  ).toThrow(expect.objectContaining({ code: "ENTRY_INVALID" }));
});

test("GNU long names are read, and global pax headers are skipped", () => {
  const long = `${"d".repeat(120)}/f`;
  const contents = read(
    header({ name: "pax_global_header", type: "g", size: 20 }),
    padded("20 comment=something"),
    header({ name: "././@LongLink", type: "L", size: long.length + 1, magic: "ustar  \0" }),
    padded(`${long}\0`),
    header({ name: long.slice(0, 99), type: "0", magic: "ustar  \0" }),
  );
  expect(contents.files.map(({ path }) => path)).toEqual([long]);
});

test.each([
  ["truncated in a header", (tar: Buffer) => tar.subarray(0, 300)],
  ["truncated in a file", (tar: Buffer) => tar.subarray(0, 800)],
  ["without its end", (tar: Buffer) => tar.subarray(0, 1024)],
  ["with half its end", (tar: Buffer) => tar.subarray(0, 1536)],
  ["with garbage after its end", (tar: Buffer) => Buffer.concat([tar, Buffer.from("x")])],
  ["with a flipped bit in a header", (tar: Buffer) => tar.fill(1, 3, 4)],
])("readTar() refuses an archive %s", async (_, damage) => {
  const tar = damage(await tarOf(file("a.yaml", "y".repeat(400))));
  expect(() => readTar(tar, limits)).toThrow(expect.objectContaining({ code: "ARCHIVE_INVALID" }));
});

test.each([
  ["GNU", [header({ name: "s", type: "S" })]],
  [
    "pax",
    [
      header({ name: "p", type: "x", size: 28 }),
      padded("28 GNU.sparse.realsize=9999\n"),
      header({ name: "s", type: "0" }),
    ],
  ],
])("readTar() refuses a sparse file (%s)", (_, blocks) => {
  expect(() => read(...blocks)).toThrow(expect.objectContaining({ code: "ARCHIVE_INVALID" }));
});

test("readTar() refuses a size beyond what can be counted", () => {
  const block = header({ name: "a", type: "0" });
  block.fill(0xff, 125, 136).writeUInt8(0x80, 124);
  block.write(`${checksumOf(block).toString(8).padStart(6, "0")}\0 `, 148);
  expect(() => read(block)).toThrow(expect.objectContaining({ code: "ARCHIVE_INVALID" }));
});

test("readTar() stops at the cap of entries", () => {
  const many = Array.from({ length: 4 }, (_, i) => header({ name: `f${i}`, type: "0" }));
  expect(() => readTar(Buffer.concat([...many, end]), { entries: 3 })).toThrow(/exceeds limit 3 entries/);
});

test("readTar() throws nothing but ArtifactErrors on damaged archives", async () => {
  const tar = await tarOf({ type: "directory", path: "." }, file("a.yaml", "x"), file("ä".repeat(99), "y".repeat(700)));
  fc.assert(
    fc.property(fc.nat(tar.length - 1), fc.nat(255), fc.nat(tar.length), (at, byte, cut) => {
      const damaged = Buffer.from(tar)
        .fill(byte, at, at + 1)
        .subarray(0, cut);
      try {
        readTar(damaged, limits);
      } catch (thrown) {
        const known = isArtifactError(thrown, "ARCHIVE_INVALID") || isArtifactError(thrown, "ENTRY_INVALID");
        expect(known).toBe(true);
      }
    }),
    { numRuns: 300 },
  );
});
