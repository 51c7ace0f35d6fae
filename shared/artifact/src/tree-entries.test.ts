import { expect, test } from "vitest";
import { compileIgnore } from "./ignore.ts";
import { loadIgnore } from "./load-ignore.ts";
import { type TreeFile, treeEntries } from "./tree-entries.ts";

function tree(files: Record<string, TreeFile["mode"]>, reads: string[] = []): TreeFile[] {
  return Object.entries(files).map(([path, mode]) => ({
    path,
    mode,
    size: 1,
    async read() {
      reads.push(path);
      return Buffer.from("x");
    },
  }));
}

async function listed(files: TreeFile[], spec: string): Promise<string[]> {
  const names: string[] = [];
  for await (const entry of treeEntries(files, compileIgnore({ files: [], spec }))) {
    names.push(entry.type === "directory" ? `${entry.path}/` : `${entry.path}${entry.executable ? "*" : ""}`);
    if (entry.type === "file") await entry.read();
  }
  return names;
}

test("treeEntries() gives the root, then each directory before its content, in walk order", async () => {
  const files = tree({ "a.b": "file", "a/z": "file", "a/b/c": "executable", B: "file" });
  expect(await listed(files, "none")).toEqual(["./", "B", "a/", "a/b/", "a/b/c*", "a/z", "a.b"]);
});

test("treeEntries() leaves out links, keeps submodules as empty directories, and never reads what is ignored", async () => {
  const reads: string[] = [];
  const files = tree(
    { "docs/a.md": "file", "docs/b.md": "file", link: "symlink", sub: "gitlink", "x.yaml": "file" },
    reads,
  );
  expect(await listed(files, "*.md")).toEqual(["./", "docs/", "sub/", "x.yaml"]);
  expect(reads).toEqual(["x.yaml"]);
});

test("treeEntries() leaves out an ignored directory with all it holds", async () => {
  const files = tree({ "docs/a/b.md": "file", "x.yaml": "file" });
  expect(await listed(files, "docs/")).toEqual(["./", "x.yaml"]);
});

function textFile(path: string, text: string, mode: TreeFile["mode"] = "file"): TreeFile {
  return { path, mode, size: text.length, read: async () => Buffer.from(text) };
}

test("loadIgnore() reads the rules of every directory, a directory's own after its parent's, spec.ignore last", async () => {
  const files = [
    textFile("a/.sourceignore", "!keep.txt"),
    textFile(".sourceignore", "*.txt"),
    textFile("a/b/.sourceignore", "keep.txt"),
  ];
  const paths = ["x.txt", "a/keep.txt", "a/b/keep.txt", "a/z.yaml"];
  const ignored = await loadIgnore(files);
  expect(paths.map((path) => ignored(path, false))).toEqual([true, false, true, false]);
  const withSpec = await loadIgnore(files, "!/x.txt\n*.yaml");
  expect(paths.map((path) => withSpec(path, false))).toEqual([false, false, true, true]);
});

test("loadIgnore() follows no link and refuses a file that is too large, without reading it", async () => {
  const never = async (): Promise<Uint8Array> => {
    throw new Error("was read");
  };
  const link: TreeFile = { path: ".sourceignore", mode: "symlink", size: 9, read: never };
  expect((await loadIgnore([link]))("logo.png", false)).toBe(true);
  const large: TreeFile = { path: ".sourceignore", mode: "file", size: 6 * 2 ** 30, read: never };
  await expect(loadIgnore([large])).rejects.toMatchObject({ code: "IGNORE_INVALID" });
});
