import { readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { isObject, parseYamlStream, YamlError, type Json, type JsonObject } from "@sluice/base";
import { expect, test } from "vitest";
import { parseKustomization } from "./kustomization.ts";

/* Counts what the cases of testdata cover, from their input files. */
const CASES = fileURLToPath(new URL("../testdata", import.meta.url));
const KUSTOMIZATION = /^(?:kustomization\.ya?ml|Kustomization)$/;
const names = readdirSync(CASES).filter((name) => statSync(join(CASES, name)).isDirectory());

/** Every field of a kustomization, as the type has it; the legacy spelling `env` and the like lie inside of others. */
const FIELDS = Object.keys(parseKustomization("resources: []", "kustomization.yaml").kustomization);

/** Forms of fields that are traps of their own, each with the fields to look into. */
const FORMS: Readonly<Record<string, (kustomization: JsonObject) => boolean>> = {
  "kind: Component": ({ kind }) => kind === "Component",
  "no apiVersion and kind": ({ kind, apiVersion }) => kind === undefined && apiVersion === undefined,
  "patches with target": ({ patches }) => some(patches, "target"),
  "patches by path": ({ patches }) => some(patches, "path"),
  "patches inline": ({ patches }) => some(patches, "patch"),
  "patches with options": ({ patches }) => some(patches, "options"),
  "target by pattern": ({ patches }) => /"(?:name|kind)":"[^"]*[*.|(][^"]*"/.test(textOf(patches)),
  "target by label or annotation": ({ patches }) => /"(?:label|annotation)Selector"/.test(textOf(patches)),
  "$patch inline": ({ patches }) => textOf(patches).includes("$patch"),
  "generator files": (k) => some(k["configMapGenerator"], "files") || some(k["secretGenerator"], "files"),
  "generator literals": (k) => some(k["configMapGenerator"], "literals") || some(k["secretGenerator"], "literals"),
  "generator envs": (k) => some(k["configMapGenerator"], "envs") || some(k["secretGenerator"], "envs"),
  "behavior merge": (k) => /"behavior":"merge"/.test(textOf([k["configMapGenerator"], k["secretGenerator"]])),
  "behavior replace": (k) => /"behavior":"replace"/.test(textOf([k["configMapGenerator"], k["secretGenerator"]])),
  "images newTag": ({ images }) => some(images, "newTag"),
  "images newName": ({ images }) => some(images, "newName"),
  "images digest": ({ images }) => some(images, "digest"),
  "images tagSuffix": ({ images }) => some(images, "tagSuffix"),
  "replacements delimiter or index": ({ replacements }) => /"(?:delimiter|index)":/.test(textOf(replacements)),
  "replacements create": ({ replacements }) => /"create":true/.test(textOf(replacements)),
  "replacements by path": ({ replacements }) => some(replacements, "path"),
  "replacements sourceValue": ({ replacements }) => some(replacements, "sourceValue"),
  "labels.includeSelectors": ({ labels }) => some(labels, "includeSelectors"),
  "labels.includeTemplates": ({ labels }) => some(labels, "includeTemplates"),
  "labels.fields": ({ labels }) => some(labels, "fields"),
  "sortOptions fifo": ({ sortOptions }) => /"fifo"/.test(textOf(sortOptions)),
  "sortOptions legacy": ({ sortOptions }) => /"legacy"/.test(textOf(sortOptions)),
  "openapi.path": ({ openapi }) => isObject(openapi) && openapi["path"] !== undefined,
  "openapi.version": ({ openapi }) => isObject(openapi) && openapi["version"] !== undefined,
  originAnnotations: ({ buildMetadata }) => textOf(buildMetadata).includes("originAnnotations"),
  transformerAnnotations: ({ buildMetadata }) => textOf(buildMetadata).includes("transformerAnnotations"),
  managedByLabel: ({ buildMetadata }) => textOf(buildMetadata).includes("managedByLabel"),
  "remote entries": ({ resources, components }) =>
    /(?:https?|ssh):\/\/|git@|github/.test(textOf([resources, components])),
};

function some(list: Json | undefined, field: string): boolean {
  return Array.isArray(list) && list.some((each) => isObject(each) && each[field] !== undefined);
}

function textOf(value: Json | undefined | (Json | undefined)[]): string {
  return JSON.stringify(value ?? null);
}

function filesOf(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? filesOf(path) : [path];
  });
}

/** The kustomizations of a case that are YAML, with field names as the documentation writes them. */
function kustomizationsOf(name: string): JsonObject[] {
  const files = filesOf(join(CASES, name)).filter((path) => KUSTOMIZATION.test(basename(path)));
  return files.flatMap((path) => {
    const [value] = parsed(readFileSync(path, "utf8"));
    return isObject(value) ? [withKnownNames(value)] : [];
  });
}

function parsed(text: string): Json[] {
  try {
    return parseYamlStream(text, { dialect: "sigs", duplicateKeys: "last" }).map(({ value }) => value);
  } catch (thrown) {
    if (thrown instanceof YamlError) return [];
    throw thrown;
  }
}

function withKnownNames(value: JsonObject): JsonObject {
  const known = new Map(FIELDS.map((field) => [field.toLowerCase(), field]));
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [known.get(key.toLowerCase()) ?? key, each]));
}

const inputs = new Map(names.map((name) => [name, kustomizationsOf(name)]));

function casesWith(has: (kustomization: JsonObject) => boolean): string[] {
  return names.filter((name) => inputs.get(name)?.some(has));
}

/** Cases, and how many of them are failures. */
function counted(cases: readonly string[]): { cases: number; errors: number } {
  return { cases: cases.length, errors: cases.filter((name) => name.startsWith("error-")).length };
}

const perField = Object.fromEntries(
  FIELDS.map((field) => [field, counted(casesWith((kustomization) => kustomization[field] !== undefined))]),
);
const perForm = Object.fromEntries(Object.entries(FORMS).map(([form, has]) => [form, counted(casesWith(has))]));

test(`the ${names.length} cases have at least one for every field and form`, () => {
  const rows = { ...perField, ...perForm };
  console.table(rows);
  const without = Object.entries(rows).filter(([, { cases }]) => cases === 0);
  expect(without.map(([row]) => row)).toEqual([]);
});

test("every trap of the specification, 1 to 23, has a case that exists", () => {
  const traps = JSON.parse(readFileSync(join(CASES, "traps.json"), "utf8")) as Record<string, string[]>;
  expect(Object.keys(traps)).toEqual(Array.from({ length: 23 }, (_, index) => String(index + 1)));
  for (const [trap, cases] of Object.entries(traps)) {
    expect(cases.length, trap).toBeGreaterThan(0);
    expect(cases.filter((name) => !names.includes(name))).toEqual([]);
  }
});

test("every skipped case exists and says why", () => {
  const skipped = JSON.parse(readFileSync(join(CASES, "skip.json"), "utf8")) as Record<string, string>;
  for (const [name, reason] of Object.entries(skipped)) {
    expect(names).toContain(name);
    expect(reason.length).toBeGreaterThan(10);
  }
});
