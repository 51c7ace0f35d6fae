/** What a request path asks for. */
export type RequestPath =
  | {
      kind: "resource";
      group: string;
      version: string;
      plural: string;
      namespace?: string;
      name?: string;
      subresource?: string;
    }
  | { kind: "version"; group: string; version: string }
  | { kind: "other"; path: string };

/**
 * Reads `/api/v1/...` and `/apis/{group}/{version}/...`; every other path is `other`.
 * Segments are decoded after splitting, so an encoded slash never makes another segment.
 * @returns undefined if a segment cannot be decoded or holds a slash.
 */
export function parsePath(pathname: string): RequestPath | undefined {
  const segments = decoded(pathname);
  if (!segments) return undefined;
  const [root, first, second, ...rest] = segments;
  if (root === "api" && first !== undefined) return inVersion("", first, second === undefined ? [] : [second, ...rest]);
  if (root === "apis" && first !== undefined && second !== undefined) return inVersion(first, second, rest);
  return { kind: "other", path: `/${segments.join("/")}` };
}

function decoded(pathname: string): string[] | undefined {
  try {
    const segments = pathname.split("/").slice(1).map(decodeURIComponent);
    if (segments.at(-1) === "") segments.pop();
    return segments.some((segment) => segment.includes("/")) ? undefined : segments;
  } catch {
    return undefined;
  }
}

function inVersion(group: string, version: string, segments: readonly string[]): RequestPath | undefined {
  const [first, second, third, ...rest] = segments;
  if (first === undefined) return { kind: "version", group, version };
  const place = { kind: "resource", group, version } as const;
  if (first === "namespaces" && second !== undefined && third !== undefined && !isNamespacePart(third)) {
    return below({ ...place, plural: third, namespace: second }, rest);
  }
  return below({ ...place, plural: first }, segments.slice(1));
}

/** `/namespaces/{name}/status` and `/finalize` are about the namespace itself. */
function isNamespacePart(segment: string): boolean {
  return segment === "status" || segment === "finalize";
}

function below(place: Extract<RequestPath, { kind: "resource" }>, rest: readonly string[]): RequestPath | undefined {
  const [name, subresource, ...more] = rest;
  if (more.length > 0) return undefined;
  return { ...place, ...(name !== undefined && { name }), ...(subresource !== undefined && { subresource }) };
}
