import { readdir, readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../..");

/** Which rooms each room may import, besides itself. The table of docs/architecture.md. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  base: [],
  api: ["base"],
  expr: ["base"],
  kube: ["base", "api"],
  artifact: ["base"],
  bus: ["base"],
  git: ["base"],
  kustomize: ["base", "expr"],
  render: ["base", "api", "expr", "kustomize"],
  runtime: ["base", "api", "expr", "kube", "bus"],
  apply: ["base", "api", "expr", "kube"],
  "api-server": ["base", "api", "expr"],
  crds: ["base", "api"],
};
const sharedRooms = Object.keys(allowed).filter((room) => room !== "crds");
const controllerRooms = sharedRooms.filter((room) => room !== "api-server");

/** Packages that a room may import. Its package.json lists exactly those. */
interface Room {
  name: string;
  dir: string;
  declared: Readonly<Record<string, string>>;
  files: readonly string[];
}

async function filesIn(dir: string): Promise<string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
}

async function allRooms(): Promise<Room[]> {
  const folders = [...(await subfolders("shared")), ...(await subfolders("controllers")), "crds", "cli", "e2e"];
  return Promise.all(
    folders.map(async (dir) => {
      const manifest = JSON.parse(await readFile(join(root, dir, "package.json"), "utf8")) as {
        name: string;
        dependencies?: Record<string, string>;
      };
      return {
        name: manifest.name.replace("@sluice/", ""),
        dir,
        declared: manifest.dependencies ?? {},
        files: await filesIn(join(root, dir, "src")),
      };
    }),
  );
}

async function subfolders(parent: string): Promise<string[]> {
  const entries = await readdir(join(root, parent), { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => `${parent}/${entry.name}`);
}

/** What a source file imports, statically or not, type-only or not. */
function importsOf(text: string): string[] {
  const statements = /^(?:import\s+|(?:import|export)\s+(?:type\s+)?[\w$*{},\s]+?\sfrom\s+)"([^"\n]+)"/gm;
  const calls = /\bimport\(\s*"([^"\n]+)"\s*\)/g;
  return [...text.matchAll(statements), ...text.matchAll(calls)].map((match) => match[1] as string);
}

/** Rooms that `room` may import. */
function allowedFor(room: Room): readonly string[] {
  if (room.dir.startsWith("controllers/")) return controllerRooms;
  if (room.name === "cli") return [...sharedRooms, "crds", "source-controller", "kustomize-controller"];
  if (room.name === "testkit") return [...sharedRooms, "crds"];
  return allowed[room.name] ?? [];
}

function faultOf(room: Room, file: string, specifier: string): string | undefined {
  const where = relative(root, file);
  const isTest = file.endsWith(".test.ts");
  if (specifier.startsWith("node:")) return undefined;
  if (specifier.startsWith(".")) {
    const target = join(dirname(file), specifier);
    return target.startsWith(join(root, room.dir, "src")) || isTest
      ? undefined
      : `${where} reaches into another room: ${specifier}`;
  }
  const ours = /^@sluice\/([^/]+)(\/.*)?$/.exec(specifier);
  if (!ours) {
    const name = specifier
      .split("/")
      .slice(0, specifier.startsWith("@") ? 2 : 1)
      .join("/");
    const known = name in room.declared || isTest || room.name === "testkit" || room.name === "e2e";
    return known ? undefined : `${where} imports ${name}, which its package.json does not list`;
  }
  if (ours[2] !== undefined) return `${where} passes by the door of ${ours[1]}: ${specifier}`;
  const target = ours[1] as string;
  if (target === room.name) return `${where} imports its own room by name`;
  if (target === "testkit")
    return isTest || room.name === "e2e" ? undefined : `${where} imports testkit outside a test`;
  if (isTest || room.name === "e2e") return undefined;
  if (!allowedFor(room).includes(target)) return `${where} may not import room ${target}`;
  return `@sluice/${target}` in room.declared
    ? undefined
    : `${where} imports ${specifier}, which its package.json does not list`;
}

test("every import keeps to the table of rooms", async () => {
  const faults: string[] = [];
  for (const room of await allRooms()) {
    for (const file of room.files) {
      for (const specifier of importsOf(await readFile(file, "utf8")))
        faults.push(faultOf(room, file, specifier) ?? "");
    }
  }
  expect(faults.filter((fault) => fault !== "")).toEqual([]);
});

test("a room's references for the compiler are the rooms that its package.json lists", async () => {
  for (const room of await allRooms()) {
    const config = JSON.parse(await readFile(join(root, room.dir, "tsconfig.json"), "utf8")) as {
      references?: { path: string }[];
    };
    const referenced = (config.references ?? []).map(({ path }) => relative(root, join(root, room.dir, path)));
    const names = await Promise.all(
      referenced.map(
        async (dir) => (JSON.parse(await readFile(join(root, dir, "package.json"), "utf8")) as { name: string }).name,
      ),
    );
    const declared = Object.keys(room.declared).filter((name) => name.startsWith("@sluice/"));
    expect(names.sort(), room.dir).toEqual(declared.sort());
  }
});

test("no folder is named after what it is not", async () => {
  const names = (await readdir(root, { recursive: true, withFileTypes: true }).catch(() => [])).filter(
    (entry) => entry.isDirectory() && !/node_modules|dist|\.git/.test(entry.parentPath),
  );
  expect(names.map(({ name }) => name).filter((name) => /^(utils?|helpers?|common|types)$/.test(name))).toEqual([]);
});
