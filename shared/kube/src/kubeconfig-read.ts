import { isAbsolute, join } from "node:path";
import { isObject, type Json, type JsonObject, messageOf, ownKey, parseYaml } from "@sluice/base";
import { KubeError } from "./errors.ts";

/** One context of a kubeconfig with its cluster and user, or what is left of them: every part may be absent. */
export interface KubeContext {
  namespace: string | undefined;
  cluster: JsonObject;
  user: JsonObject;
  /** Whether the user was found; a context may do without. */
  userName: string | undefined;
}

/** A kubeconfig as text, and the folder to which the paths in it are relative. */
export interface KubeConfigText {
  text: string;
  /** Shown in errors: the file's path. */
  source: string;
  folder: string;
}

/** Keys of a kubeconfig that name files. */
const FILE_KEYS = ["certificate-authority", "client-certificate", "client-key", "tokenFile"];
const LIMIT_BYTES = 8 * 1024 * 1024;

/**
 * Merges kubeconfigs as kubectl does (of equal names the first counts) and picks one context.
 * @param wanted name of the context; default `current-context`.
 * @throws {KubeError} CREDENTIALS if a text is no kubeconfig or the context or its cluster is missing.
 * @source client-go `clientcmd`
 */
export function readKubeContext(texts: readonly KubeConfigText[], wanted?: string): KubeContext {
  const parsed = texts.map((one) => ({ ...one, config: parseConfig(one) }));
  const source = texts.map((one) => one.source).join(":");
  const name =
    wanted ??
    firstText(
      parsed.map(({ config }) => config),
      "current-context",
    );
  if (name === undefined) throw unusable(source, "it has no current-context");
  const context = entry(parsed, "contexts", name, "context");
  if (!context) throw unusable(source, `there is no context "${name}"`);
  const clusterName = textAt(context, "cluster") ?? "";
  const cluster = entry(parsed, "clusters", clusterName, "cluster");
  if (!cluster) throw unusable(source, `there is no cluster "${clusterName}"`);
  const userName = textAt(context, "user");
  const user = userName === undefined ? {} : entry(parsed, "users", userName, "user");
  if (!user) throw unusable(source, `there is no user "${userName}"`);
  return { namespace: textAt(context, "namespace"), cluster, user, userName };
}

/** A text member that is neither absent nor empty. */
export function textAt(source: JsonObject, key: string): string | undefined {
  const value = ownKey(source, key);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** An error about a kubeconfig. */
export function unusable(source: string, detail: string, cause?: unknown): KubeError<"CREDENTIALS"> {
  return new KubeError("CREDENTIALS", `Cannot use the kubeconfig "${source}": ${detail}`, { source }, { cause });
}

type Parsed = KubeConfigText & { config: JsonObject };

function parseConfig({ text, source }: KubeConfigText): JsonObject {
  let value: Json;
  try {
    value = parseYaml(text, { limitBytes: LIMIT_BYTES });
  } catch (error) {
    throw unusable(source, messageOf(error), error);
  }
  if (value === null) return {};
  if (!isObject(value)) throw unusable(source, "it is not a mapping");
  return value;
}

function firstText(configs: readonly JsonObject[], key: string): string | undefined {
  return configs.map((config) => textAt(config, key)).find((value) => value !== undefined);
}

/** The first entry `name` of a list of named entries, its file names made absolute. */
function entry(parsed: readonly Parsed[], list: string, name: string, key: string): JsonObject | undefined {
  for (const { config, folder } of parsed) {
    const entries = ownKey(config, list);
    const found = Array.isArray(entries)
      ? entries.filter(isObject).find((one) => textAt(one, "name") === name)
      : undefined;
    const value = found && ownKey(found, key);
    if (found) return isObject(value) ? withAbsoluteFiles(value, folder) : {};
  }
  return undefined;
}

function withAbsoluteFiles(value: JsonObject, folder: string): JsonObject {
  const resolved: JsonObject = { ...value };
  for (const key of FILE_KEYS) {
    const path = textAt(value, key);
    if (path !== undefined && !isAbsolute(path)) resolved[key] = join(folder, path);
  }
  return resolved;
}
