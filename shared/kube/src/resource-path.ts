import { type Resource } from "./types.ts";

/**
 * The URL path of a resource: `/apis/apps/v1/namespaces/default/deployments/web/status`. Parts are percent-encoded, so that a
 * name can never reach another path.
 */
export function resourcePath(
  resource: Resource,
  { namespace, name, subresource }: { namespace?: string | undefined; name?: string; subresource?: string | undefined },
): string {
  const { group, version, plural, namespaced } = resource;
  const parts = group === "" ? ["api", version] : ["apis", group, version];
  if (namespaced && namespace) parts.push("namespaces", namespace);
  parts.push(plural);
  if (name !== undefined) parts.push(name);
  if (subresource !== undefined) parts.push(subresource);
  return parts.map((part) => `/${pathPart(part)}`).join("");
}

/** Adds the defined members of `query` to `path`. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | number | boolean | undefined>>,
): string {
  const search = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) if (value !== undefined) search.set(key, String(value));
  const text = search.toString();
  return text === "" ? path : `${path}?${text}`;
}

/** `.` and `..` would be taken for steps in the tree, even encoded. */
function pathPart(part: string): string {
  return /^\.{0,2}$/.test(part) ? `%00${part}` : encodeURIComponent(part);
}
