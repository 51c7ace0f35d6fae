import { isObject, type Json, type JsonObject, parseYamlStream, YamlError } from "@sluice/base";
import { type FileTree } from "@sluice/kustomize";
import { RenderError } from "./errors.ts";
import { listingDigest } from "./inputs.ts";

/** Names under which kustomize finds a kustomization, in the order of preference. */
export const KUSTOMIZATION_NAMES = ["kustomization.yaml", "kustomization.yml", "Kustomization"] as const;

/** The kustomization of a folder as it is, or as Flux would generate it. */
export interface KustomizationFile {
  /** Path of the file; of a generated one, where it would be. */
  path: string;
  content: JsonObject;
  generated: boolean;
  /** Digest of the names in each directory that was searched. */
  listings: Map<string, string>;
}

/** Reads the kustomization of `folder`, or generates one that names every manifest below it. @source spec/flux-api.md 2.4 */
export function kustomizationOf(tree: FileTree, folder: string): KustomizationFile {
  const path = findKustomization(tree, folder);
  if (path === undefined) return generate(tree, folder);
  return { path, content: parse(tree, path), generated: false, listings: new Map() };
}

/** A path inside a folder; "" is the root. */
export function join(folder: string, name: string): string {
  return folder === "" ? name : `${folder}/${name}`;
}

function findKustomization(tree: FileTree, folder: string): string | undefined {
  const names = tree.list(folder) ?? [];
  const name = KUSTOMIZATION_NAMES.find((candidate) => names.includes(candidate));
  return name === undefined ? undefined : join(folder, name);
}

function parse(tree: FileTree, path: string): JsonObject {
  try {
    const text = Buffer.from(tree.read(path) ?? []).toString("utf8");
    const content = parseYamlStream(text, { dialect: "sigs", duplicateKeys: "last" })[0]?.value ?? {};
    if (isObject(content)) return content;
    throw new RenderError("BUILD_FAILED", `Cannot read "${path}": not a mapping`, { origin: { file: path, line: 1 } });
  } catch (error) {
    throw error instanceof YamlError ? unreadable(path, error) : error;
  }
}

function unreadable(path: string, error: YamlError): RenderError {
  const line = "line" in error.data ? { line: error.data.line } : {};
  const message = `Cannot read "${path}": ${error.message}`;
  return new RenderError("BUILD_FAILED", message, { origin: { file: path, ...line } }, { cause: error });
}

function generate(tree: FileTree, folder: string): KustomizationFile {
  const listings = new Map<string, string>();
  const resources: Json[] = [];
  collect({ tree, folder, prefix: "", listings, resources });
  const content = { apiVersion: "kustomize.config.k8s.io/v1beta1", kind: "Kustomization", resources };
  return { path: join(folder, KUSTOMIZATION_NAMES[0]), content, generated: true, listings };
}

interface Search {
  tree: FileTree;
  folder: string;
  /** Of what is found, relative to where the search began. */
  prefix: string;
  listings: Map<string, string>;
  resources: Json[];
}

/** Finds manifests; a folder with a kustomization of its own is one entry and is not searched. */
function collect({ tree, folder, prefix, listings, resources }: Search): void {
  listings.set(folder, listingDigest(tree, folder));
  for (const name of tree.list(folder) ?? []) {
    const [path, relative] = [join(folder, name), join(prefix, name)];
    if (tree.list(path) === undefined) {
      if (/\.ya?ml$/.test(name)) resources.push(relative);
    } else if (findKustomization(tree, path) !== undefined) resources.push(relative);
    else collect({ tree, folder: path, prefix: relative, listings, resources });
  }
}
