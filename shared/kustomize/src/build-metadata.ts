import { dumpYaml, isObject, ownKey, parseYaml, YamlError, type Json, type Steps } from "@sluice/base";
import { fieldSpec } from "./field-spec.ts";
import { failure } from "./errors.ts";
import { describeId } from "./identity.ts";
import { textOf } from "./node.ts";
import { parseRepository } from "./repository-url.ts";
import { type Resource } from "./resource.ts";
import { type ResourceSet } from "./resource-set.ts";
import { setTexts } from "./simple-transformers.ts";

/** The annotation that says where a resource came from. */
export const ORIGIN_ANNOTATION = "config.kubernetes.io/origin";
/** The annotation that lists what changed a resource. */
export const TRANSFORMATIONS_ANNOTATION = "alpha.config.kubernetes.io/transformations";
const MANAGED_BY_LABEL = "app.kubernetes.io/managed-by";
/** What kustomize calls itself in the label. */
const MANAGED_BY = "kustomize-v5.8.1";

/** Generator or transformer configuration that made or changed a resource. */
interface Configurer {
  apiVersion: string;
  kind: string;
  name?: string;
  namespace?: string;
}

/** What the annotations say of one origin or transformation; empty texts are left out. */
export interface Provenance {
  path?: string;
  repo?: string;
  ref?: string;
  configuredIn?: string;
  configuredBy?: Configurer;
}

/**
 * The way from the root kustomization to the one that is being built, in the words of `buildMetadata`: relative paths as
 * the kustomizations write them, and for what lies in a remote repository the repository and its ref.
 * @source kustomize api/resource `Origin`
 */
export class Lineage {
  readonly #at: { path: string; repo: string; ref: string };

  constructor(at = { path: "", repo: "", ref: "" }) {
    this.#at = at;
  }

  /** The lineage of what `entry` names, seen from here. */
  to(entry: string): Lineage {
    const repository = parseRepository(entry);
    if (repository === undefined) return new Lineage({ ...this.#at, path: joined(this.#at.path, entry) });
    // The reference names the folder that it would clone to where it builds the top of a repository.
    const path = joined("", repository.path) || "notCloned";
    return new Lineage({ path, repo: repository.url, ref: repository.ref });
  }

  /** Marks a resource as read from here. */
  mark(resource: Resource): void {
    annotate(resource, ORIGIN_ANNOTATION, originText(this.#at));
  }

  /** What a built-in generator or transformer is known by that the kustomization file `name` here configures. */
  configured(name: string, kind: string): Provenance {
    const { path, repo, ref } = this.#at;
    return { repo, ref, configuredIn: joined(path, name), configuredBy: { apiVersion: "builtin", kind } };
  }
}

/** The provenance of what the plugin that `config` configures makes or changes, if its own origin is known. */
export function provenanceOfPlugin(config: Resource): Provenance | undefined {
  const origin = originOf(config);
  if (origin === undefined) return undefined;
  const { repo = "", ref = "", path = "" } = origin;
  const { apiVersion, kind, name, namespace } = config;
  return { repo, ref, configuredIn: path, configuredBy: { apiVersion, kind, name, namespace } };
}

/** Marks a generated resource unless its own annotations say where it came from. */
export function markGenerated(resource: Resource, provenance: Provenance | undefined): void {
  if (provenance === undefined || resource.annotations.has(ORIGIN_ANNOTATION)) return;
  annotate(resource, ORIGIN_ANNOTATION, originText(provenance));
}

/**
 * Notes that a transformer ran over all resources. One without an origin is taken for something that the transformer made.
 * @throws {KustomizeError} TRANSFORM_FAILED for an origin that does not parse.
 */
export function noteTransformer(set: ResourceSet, provenance: Provenance): void {
  for (const resource of set.resources) {
    if (originOf(resource) === undefined) {
      annotate(resource, ORIGIN_ANNOTATION, originText(provenance));
      continue;
    }
    const before = resource.annotations.get(TRANSFORMATIONS_ANNOTATION) ?? "";
    annotate(resource, TRANSFORMATIONS_ANNOTATION, before + itemText(provenance));
  }
}

/** A resource that others are merged into keeps its origin. */
export function keepOrigin(made: Resource, old: Resource): void {
  const origin = old.annotations.get(ORIGIN_ANNOTATION);
  if (origin !== undefined) annotate(made, ORIGIN_ANNOTATION, origin);
}

/** Adds the label that names kustomize as the manager. */
export function labelAsManaged(set: ResourceSet): Steps<void> {
  const spec = fieldSpec({ group: "", version: "", kind: "", path: "metadata/labels", create: true });
  return setTexts(set, new Map([[MANAGED_BY_LABEL, MANAGED_BY]]), [spec]);
}

function originOf(resource: Resource): Provenance | undefined {
  const text = resource.annotations.get(ORIGIN_ANNOTATION);
  if (text === undefined) return undefined;
  const value = parsed(text);
  if (!isObject(value) && value !== null) {
    const fact = `annotation "${ORIGIN_ANNOTATION}" of ${describeId(resource.id)} is not a mapping`;
    throw failure("TRANSFORM_FAILED", fact, { place: resource.origin });
  }
  const at = (key: string) => (value === null ? "" : textOf(ownKey(value, key)));
  return { path: at("path"), repo: at("repo"), ref: at("ref") };
}

function parsed(text: string): Json {
  try {
    return parseYaml(text);
  } catch (thrown) {
    if (thrown instanceof YamlError) return "";
    throw thrown;
  }
}

function annotate(resource: Resource, key: string, text: string): void {
  resource.setAnnotations(new Map([...resource.annotations, [key, text]]));
}

function originText(provenance: Provenance): string {
  const lines = linesOf(provenance);
  return lines.length === 0 ? "{}\n" : lines.map((line) => `${line}\n`).join("");
}

function itemText(provenance: Provenance): string {
  return linesOf(provenance)
    .map((line, index) => `${index === 0 ? "- " : "  "}${line}\n`)
    .join("");
}

function linesOf({ configuredBy, ...texts }: Provenance): string[] {
  const fields = (["path", "repo", "ref", "configuredIn"] as const).map((key) => [key, texts[key]] as const);
  const inner = Object.entries(configuredBy ?? {});
  const lines = [...scalars(fields), ...(inner.length === 0 ? [] : ["configuredBy:"])];
  return [...lines, ...scalars(inner).map((line) => `  ${line}`)];
}

function scalars(fields: readonly (readonly [key: string, value: string | undefined])[]): string[] {
  return fields.flatMap(([key, value]) => (value ? [`${key}: ${scalarText(value)}`] : []));
}

/** A text as YAML on one line: annotations are never folded. */
function scalarText(text: string): string {
  return dumpYaml({ k: text }).slice("k: ".length).trimEnd().replaceAll(/\n */g, " ");
}

/** Joins and cleans two paths as Go's `filepath.Join`; dots that lead upwards stay in front. */
function joined(folder: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === ".." && parts.length > 0 && parts.at(-1) !== "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/") || (folder === "" && path === "" ? "" : ".");
}
