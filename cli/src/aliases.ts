import { isObject, type Json, parseYamlStream } from "@sluice/base";

/**
 * One form for all the ways to write a repository's address: `host/path`, without scheme, user, port and `.git`.
 * `git@github.com:org/repo.git`, `ssh://git@github.com/org/repo` and `https://github.com/org/repo` are the same repository.
 */
export function repositoryId(url: string): string {
  const scp = /^(?:[^@/]+@)?([^:/]+):(?!\/\/)(.+)$/.exec(url);
  const address =
    !url.includes("://") && scp ? `${scp[1]}/${scp[2]}` : url.replace(/^[a-z+]+:\/\//i, "").replace(/^[^@/]*@/, "");
  const [host = "", ...path] = address.split("/");
  return [host.toLowerCase().replace(/:[0-9]+$/, ""), ...path]
    .join("/")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "");
}

/** URLs of the GitRepositories declared in a manifest; a text that is no YAML declares none. */
export function declaredUrls(text: string): string[] {
  try {
    return parseYamlStream(text).flatMap(({ value }) => urlOf(value));
  } catch {
    return [];
  }
}

function urlOf(value: Json): string[] {
  if (!isObject(value) || value["kind"] !== "GitRepository" || !isObject(value["spec"])) return [];
  const { url } = value["spec"];
  return typeof url === "string" ? [url] : [];
}
