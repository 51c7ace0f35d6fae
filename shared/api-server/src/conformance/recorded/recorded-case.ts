import { type KubeObject } from "@sluice/api";
import { isObject, type Json, type JsonObject, parseYaml, setKey } from "@sluice/base";

/** One request of a case. */
export interface RecordedStep {
  method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path and query. */
  path: string;
  contentType: string;
  body?: Json;
}

/** A few requests in order; afterwards whatever they created is deleted. */
export interface RecordedCase {
  /** A sentence about one promise of the API server. */
  name: string;
  steps: readonly RecordedStep[];
  /** It shares no object with any other case, so that it may run beside them. */
  independent?: boolean;
}

/** What a server says to one step: the status code, and the body without what differs from run to run. */
export interface RecordedAnswer {
  code: number;
  body: Json;
}

const NAMESPACE = "default";
const JSON_TYPE = "application/json";

const CLUSTER_KINDS: ReadonlySet<string> = new Set([
  "Namespace",
  "Node",
  "PersistentVolume",
  "ClusterRole",
  "ClusterRoleBinding",
  "StorageClass",
  "CSIDriver",
  "PriorityClass",
  "IngressClass",
  "RuntimeClass",
  "ValidatingWebhookConfiguration",
  "MutatingWebhookConfiguration",
  "CustomResourceDefinition",
  "APIService",
]);

const PLURALS: Readonly<Record<string, string>> = { Endpoints: "endpoints", NetworkPolicy: "networkpolicies" };

/** The path of a kind's collection; objects of namespaced kinds live in one namespace. */
function collectionPath({ apiVersion, kind }: { apiVersion: string; kind: string }): string {
  const plural = PLURALS[kind] ?? `${kind.toLowerCase()}${/(s|x)$/.test(kind) ? "es" : "s"}`;
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return CLUSTER_KINDS.has(kind) ? `${root}/${plural}` : `${root}/namespaces/${NAMESPACE}/${plural}`;
}

function objectPath(object: KubeObject): string {
  return `${collectionPath(object)}/${object.metadata.name}`;
}

/** The objects of a YAML text. */
export function object(yaml: string): KubeObject {
  return parseYaml(yaml) as KubeObject;
}

interface WriteOptions {
  manager?: string;
  subresource?: string;
  query?: string;
}

function queryOf({ manager = "tester", query }: WriteOptions): string {
  return `?fieldManager=${manager}${query === undefined ? "" : `&${query}`}`;
}

function pathOf(target: KubeObject, options: WriteOptions): string {
  return `${objectPath(target)}${options.subresource === undefined ? "" : `/${options.subresource}`}${queryOf(options)}`;
}

export function create(body: KubeObject, options: WriteOptions = {}): RecordedStep {
  return { method: "POST", path: `${collectionPath(body)}${queryOf(options)}`, contentType: JSON_TYPE, body };
}

export function update(body: KubeObject, options: WriteOptions = {}): RecordedStep {
  return { method: "PUT", path: pathOf(body, options), contentType: JSON_TYPE, body };
}

export function apply(body: KubeObject, options: WriteOptions & { force?: boolean } = {}): RecordedStep {
  const query = `force=${options.force ?? false}${options.query === undefined ? "" : `&${options.query}`}`;
  return {
    method: "PATCH",
    path: pathOf(body, { ...options, query }),
    contentType: "application/apply-patch+yaml",
    body,
  };
}

export type PatchType = "json" | "merge" | "strategic";

export function patch(target: KubeObject, type: PatchType, body: Json, options: WriteOptions = {}): RecordedStep {
  const contentType =
    type === "strategic" ? "application/strategic-merge-patch+json" : `application/${type}-patch+json`;
  return { method: "PATCH", path: pathOf(target, options), contentType, body };
}

export function read(target: KubeObject): RecordedStep {
  return { method: "GET", path: objectPath(target), contentType: JSON_TYPE };
}

/** A copy of `base` with the fields of `changes` laid over it, maps merged. */
export function but(base: KubeObject, changes: JsonObject): KubeObject {
  return overlay(base, changes) as KubeObject;
}

function overlay(base: JsonObject, changes: JsonObject): JsonObject {
  const result: JsonObject = {};
  for (const key of Object.keys(base)) setKey(result, key, base[key]);
  for (const [key, value] of Object.entries(changes)) {
    const old = result[key];
    setKey(result, key, isObject(old) && isObject(value) ? overlay(old, value) : value);
  }
  return result;
}

/** The objects that a case may leave behind, newest first: where to send DELETE when it is over. */
export function leftovers({ steps }: RecordedCase): string[] {
  const created = steps.filter(
    ({ method, path }) => method !== "GET" && method !== "DELETE" && !path.includes("dryRun="),
  );
  const paths = created.map(({ method, path, body }) => {
    const [plain = ""] = path.split("?");
    return method === "POST" ? objectPath(body as KubeObject) : plain.replace(/\/(status|scale)$/, "");
  });
  return [...new Set(paths)].reverse();
}
