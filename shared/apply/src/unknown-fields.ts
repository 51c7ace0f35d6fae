import { groupOf, type KubeObject } from "@sluice/api";
import { cloneJson, isObject, type Json, ownKey } from "@sluice/base";

const UNDECLARED = ": field not declared in schema";

/** Groups whose kinds are compiled into the API server. */
const BUILT_IN_GROUPS: ReadonlySet<string> = new Set([
  "",
  "apps",
  "autoscaling",
  "batch",
  "policy",
  ...[
    "admissionregistration",
    "apiextensions",
    "apiregistration",
    "certificates",
    "coordination",
    "discovery",
    "events",
    "flowcontrol.apiserver",
    "networking",
    "node",
    "rbac.authorization",
    "resource",
    "scheduling",
    "storage",
  ].map((group) => `${group}.k8s.io`),
]);

/**
 * The object without the fields that a refused server-side apply called undeclared, and their paths. Flux drops such fields before it sends a built-in kind, so
 * manifests with a misspelt field are common and must not fail; a custom resource's are refused, as in Flux.
 * @returns undefined if `message` holds any other complaint, or a path that cannot be found in the object.
 * @source spec/flux-api.md 2.6; structured-merge-diff's validation errors
 */
export function withoutUndeclared(
  original: KubeObject,
  message: string,
): { object: KubeObject; dropped: string[] } | undefined {
  if (!BUILT_IN_GROUPS.has(groupOf(original.apiVersion))) return undefined;
  const dropped = undeclaredPaths(message);
  if (dropped === undefined) return undefined;
  const object = cloneJson(original);
  return dropped.every((path) => remove(object, path)) ? { object, dropped } : undefined;
}

function undeclaredPaths(message: string): string[] | undefined {
  const start = /^failed to create typed patch object \([^\n]*?Kind=[^)]*\): (?:errors:\n)?/.exec(message);
  if (start === null) return undefined;
  const lines = message
    .slice(start[0].length)
    .split("\n")
    .filter((line) => line.trim() !== "");
  const paths = lines.filter((line) => line.endsWith(UNDECLARED));
  if (paths.length === 0 || paths.length < lines.length) return undefined;
  return paths.map((line) => line.trim().slice(0, -UNDECLARED.length));
}

/** Removes what a path such as `.spec.containers[name="app"].imge` names. Keys are taken from the object, because they may hold dots. */
function remove(value: Json | undefined, path: string): boolean {
  if (path.startsWith("[")) return removeBelowItem(value, path);
  if (!isObject(value) || !path.startsWith(".")) return false;
  for (const key of Object.keys(value).filter((name) => path.startsWith(`.${name}`))) {
    const rest = path.slice(1 + key.length);
    if (rest === "") return delete value[key];
    if (remove(ownKey(value, key), rest)) return true;
  }
  return false;
}

function removeBelowItem(value: Json | undefined, path: string): boolean {
  const selector = /^\[((?:[^\]"]|"(?:[^"\\]|\\.)*")*)\]/.exec(path);
  if (!Array.isArray(value) || selector === null) return false;
  const [whole, inside = ""] = selector;
  const items = /^[0-9]+$/.test(inside) ? [value[Number(inside)]] : value.filter((item) => isSelected(item, inside));
  return items.map((item) => remove(item, path.slice(whole.length))).includes(true);
}

/** Whether a list's item has the keys of `name="app",port=80`; a key that it lacks has been defaulted by the server. */
function isSelected(item: Json, selector: string): boolean {
  if (!isObject(item)) return false;
  const pairs = selector.matchAll(/([^=,]+)=("(?:[^"\\]|\\.)*"|[^,]*)/g);
  return [...pairs].every(([, key = "", text = ""]) => {
    const value = ownKey(item, key);
    return value === undefined || JSON.stringify(value) === text || String(value) === text;
  });
}
