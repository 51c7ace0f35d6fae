import { appendFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type KubeObject } from "@sluice/api";
import { silentLog } from "@sluice/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Journal } from "./journal.ts";
import { Store } from "./store.ts";

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "journal-"));
  file = join(directory, "snapshot");
});
afterEach(() => rm(directory, { recursive: true }));

function object(name: string, data: string): KubeObject {
  return { kind: "ConfigMap", apiVersion: "v1", metadata: { name, uid: `uid-${name}` }, data: { data } };
}

async function withStore<T>(work: (store: Store, journal: Journal) => T): Promise<T> {
  const store = new Store({ window: 10 });
  await using journal = await Journal.open(file, store, silentLog);
  return await work(store, journal);
}

test("a restart finds the same objects, uids and resource versions", async () => {
  const revision = await withStore((store) => {
    store.collection("/configmaps").put("a/1", object("1", "old"));
    store.collection("/configmaps").put("a/2", object("2", "x"));
    store.collection("/configmaps").put("a/1", object("1", "new"));
    store.collection("/configmaps").delete("a/2", object("2", "x"));
    return store.revision;
  });
  await withStore((store) => {
    expect(store.revision).toBe(revision);
    const [only, ...others] = store.collection("/configmaps").list();
    expect(others).toEqual([]);
    expect(only?.object).toEqual({
      ...object("1", "new"),
      metadata: { name: "1", uid: "uid-1", resourceVersion: "4" },
    });
    expect(only?.revision).toBe(4);
  });
});

test("after a restart, watches from before it are too old and new writes go on counting", async () => {
  const revision = await withStore((store) => store.collection("/configmaps").put("a/1", object("1", "x")).revision);
  await withStore((store) => {
    expect(store.collection("/configmaps").log.after(revision - 1)).toBeUndefined();
    expect(store.collection("/configmaps").log.after(revision)).toEqual([]);
    expect(store.collection("/configmaps").put("a/2", object("2", "x")).revision).toBe(revision + 1);
  });
});

test("a last line that was cut off is dropped", async () => {
  await withStore((store) => store.collection("/configmaps").put("a/1", object("1", "x")));
  await appendFile(file, '{"revision":9,"collection":"/configmaps","key":"a/2","obj');
  await withStore((store) =>
    expect(
      store
        .collection("/configmaps")
        .list()
        .map(({ key }) => key),
    ).toEqual(["a/1"]),
  );
  await withStore((store) => expect(store.collection("/configmaps").size).toBe(1));
});

test("damage before the last line is an error that names the line", async () => {
  await withStore((store) => store.collection("/configmaps").put("a/1", object("1", "x")));
  const [header = "", ...rest] = (await readFile(file, "utf8")).split("\n");
  await writeFile(file, [header, "nonsense", ...rest].join("\n"));
  await expect(withStore(() => undefined)).rejects.toMatchObject({ code: "SNAPSHOT_INVALID", data: { file, line: 2 } });
});

test("a file that is no snapshot is refused and left as it is", async () => {
  await writeFile(file, "precious\n");
  await expect(withStore(() => undefined)).rejects.toMatchObject({ code: "SNAPSHOT_INVALID" });
  expect(await readFile(file, "utf8")).toBe("precious\n");
});

test("a file full of outdated lines is rewritten", async () => {
  await withStore(async (store, journal) => {
    for (let round = 0; round < 7; round++) {
      for (let count = 0; count < 1000; count++)
        store.collection("/configmaps").put("a/1", object("1", `${round}-${count}`));
      await journal.settled();
    }
  });
  const lines = (await readFile(file, "utf8")).trim().split("\n");
  expect(lines.length).toBeLessThan(6000);
  await withStore((store) =>
    expect(store.collection("/configmaps").get("a/1")?.object["data"]).toEqual({ data: "6-999" }),
  );
});

test("integers beyond 2^53 survive a restart", async () => {
  const big = 2n ** 60n + 1n;
  await withStore((store) => store.collection("/configmaps").put("a/1", { ...object("1", "x"), big }));
  await withStore((store) => expect(store.collection("/configmaps").get("a/1")?.object["big"]).toBe(big));
});
