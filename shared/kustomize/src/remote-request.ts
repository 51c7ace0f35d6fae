import { type RepositoryUrl } from "./repository-url.ts";

/** Something outside the tree that a kustomization names. */
export type RemoteRequest =
  | { readonly type: "file"; readonly url: string }
  | { readonly type: "repository"; readonly repository: RepositoryUrl };

/** A text that is equal for requests with equal answers: a path in a repository does not matter. */
export function remoteKey(request: RemoteRequest): string {
  if (request.type === "file") return `file ${request.url}`;
  const { url, ref, submodules } = request.repository;
  return `repository ${JSON.stringify([url, ref, submodules])}`;
}

/** How messages name a remote; a password in its URL is left out. */
export function describeRemote(request: RemoteRequest): string {
  if (request.type === "file") return `"${withoutPassword(request.url)}"`;
  const { url, ref } = request.repository;
  return `"${withoutPassword(url)}"${ref === "" ? "" : ` at "${ref}"`}`;
}

/** A URL, or a text that holds one, without its password or token. */
export function withoutPassword(text: string): string {
  return text.replace(/(:\/\/)[^/@\s]*:[^/@\s]*@/g, "$1***@");
}
