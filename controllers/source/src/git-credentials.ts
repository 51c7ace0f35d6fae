import { type GitRepository, type KubeObject } from "@sluice/api";
import { isObject, messageOf } from "@sluice/base";
import { type GitRemote } from "@sluice/git";
import { isKubeError, type KubeClient } from "@sluice/kube";
import { Failed } from "@sluice/runtime";

/**
 * Where to reach the repository, with the credentials of its Secret as they are now: a rotated Secret counts from the next run on.
 * @throws {Failed} AuthenticationFailed, NotSupported
 */
export async function remoteOf(repo: GitRepository, client: KubeClient, signal: AbortSignal): Promise<GitRemote> {
  const { url, secretRef } = repo.spec;
  if (!secretRef) return { url };
  const { namespace = "default" } = repo.metadata;
  const secret = await readSecret(client, { namespace, name: secretRef.name }, signal);
  const caPem = valueOf(secret, "ca.crt") ?? valueOf(secret, "caFile");
  const auth = authOf(secret);
  if (auth === undefined && caPem === undefined) throw nothingUsable(secret);
  return {
    url,
    ...(auth === undefined ? {} : { auth }),
    ...(caPem === undefined ? {} : { caPem }),
    allowInsecureAuth: isLoopback(url),
  };
}

/** Credentials may travel in the clear only inside this machine. */
function isLoopback(url: string): boolean {
  return URL.canParse(url) && /^(localhost|127\.[0-9.]+|\[::1\])$/.test(new URL(url).hostname);
}

/** A user name without a password is a token, as some hosts want it; a password without a user name is a mistake. */
function authOf(secret: KubeObject): GitRemote["auth"] {
  const token = valueOf(secret, "bearerToken");
  if (token !== undefined) return { kind: "bearer", token };
  const username = valueOf(secret, "username");
  const password = valueOf(secret, "password");
  if (username !== undefined) return { kind: "basic", username, password: password ?? "" };
  if (password !== undefined) throw authenticationFailed(`Cannot use ${display(secret)}: it has no key "username"`);
  return undefined;
}

function nothingUsable(secret: KubeObject): Failed {
  if (valueOf(secret, "tls.crt") !== undefined || valueOf(secret, "certFile") !== undefined) {
    const message = `Cannot use ${display(secret)}: Sluice does not support client certificates for Git yet`;
    return new Failed("NotSupported", message, { condition: "FetchFailed" });
  }
  return authenticationFailed(
    `Cannot use ${display(secret)}: it has none of the keys "username" and "password", "bearerToken", "ca.crt"`,
  );
}

async function readSecret(
  client: KubeClient,
  ref: { namespace: string; name: string },
  signal: AbortSignal,
): Promise<KubeObject> {
  try {
    return await client.get({ apiVersion: "v1", kind: "Secret", ...ref }, { signal });
  } catch (thrown) {
    if (!isKubeError(thrown, "NOT_FOUND", "FORBIDDEN")) throw thrown;
    throw authenticationFailed(`Cannot read Secret "${ref.namespace}/${ref.name}": ${messageOf(thrown)}`, thrown);
  }
}

function authenticationFailed(message: string, cause?: unknown): Failed {
  return new Failed("AuthenticationFailed", message, { cause, condition: "FetchFailed" });
}

/** The text under a key; undefined if there is none, or an empty one. */
function valueOf(secret: KubeObject, key: string): string | undefined {
  const { data } = secret;
  const encoded = isObject(data) && Object.hasOwn(data, key) ? data[key] : undefined;
  if (typeof encoded !== "string" || encoded === "") return undefined;
  return Buffer.from(encoded, "base64").toString("utf8");
}

function display({ metadata }: KubeObject): string {
  return `Secret "${metadata.namespace}/${metadata.name}"`;
}
