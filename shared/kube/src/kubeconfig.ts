import { readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type Clock, type JsonObject, isObject, messageOf, ownKey } from "@sluice/base";
import { execPlugin } from "./exec-plugin.ts";
import { type KubeConfigText, type KubeContext, readKubeContext, textAt, unusable } from "./kubeconfig-read.ts";
import { readPem, tokenFile } from "./token-file.ts";
import { type Credentials, type TlsSettings } from "./types.ts";

type Env = Readonly<Record<string, string | undefined>>;

/**
 * Credentials of a context of kubeconfig files, as kubectl reads them. The files belong to whoever runs this process, so they may name
 * other files and run credential plugins.
 * @param options.paths several are merged; those that do not exist are left out if at least one does.
 * @throws {KubeError} CREDENTIALS
 */
export async function loadKubeConfig(options: {
  paths: readonly string[];
  context?: string;
  env: Env;
  clock: Clock;
}): Promise<Credentials> {
  const { paths, context, env, clock } = options;
  const texts = await readTexts(paths);
  const folder = texts[0]?.folder ?? ".";
  return credentialsOf(readKubeContext(texts, context), { source: paths.join(":"), env, clock, folder, trusted: true });
}

/**
 * Credentials of a kubeconfig that came from elsewhere, such as a Secret: it may not name files, run commands or leave certificates unchecked.
 * @throws {KubeError} CREDENTIALS
 */
export function parseKubeConfig(options: {
  text: string;
  source: string;
  context?: string;
  clock: Clock;
}): Credentials {
  const { text, source, context, clock } = options;
  const found = readKubeContext([{ text, source, folder: "/" }], context);
  return credentialsOf(found, { source, env: {}, clock, folder: "/", trusted: false });
}

interface Around {
  source: string;
  env: Env;
  clock: Clock;
  folder: string;
  /** May it read files and run commands? */
  trusted: boolean;
}

async function readTexts(paths: readonly string[]): Promise<KubeConfigText[]> {
  const read = paths.map(async (path) => {
    try {
      return [{ text: await readFile(path, "utf8"), source: path, folder: dirname(path) }];
    } catch (error) {
      if (paths.length > 1 && isObject(error) && error["code"] === "ENOENT") return [];
      throw unusable(path, messageOf(error), error);
    }
  });
  return (await Promise.all(read)).flat();
}

function credentialsOf(context: KubeContext, around: Around): Credentials {
  const { cluster, user, namespace = "default" } = context;
  const server = textAt(cluster, "server");
  if (server === undefined) throw unusable(around.source, "its cluster has no server");
  if (!around.trusted) refuseLocal(context, around.source);
  const proxyUrl = textAt(cluster, "proxy-url");
  const plugin = pluginOf(context, around);
  return {
    server,
    namespace,
    ...(proxyUrl !== undefined && { proxyUrl }),
    tls: async () => ({ ...(await tlsOf(cluster, user, around.source)), ...(await plugin?.tls()) }),
    authorization: plugin?.authorization ?? authorizationOf(user, around),
  };
}

const LOCAL_KEYS = ["certificate-authority", "client-certificate", "client-key", "tokenFile", "exec", "auth-provider"];

function refuseLocal({ cluster, user }: KubeContext, source: string): void {
  const found = LOCAL_KEYS.find((key) => ownKey(cluster, key) !== undefined || ownKey(user, key) !== undefined);
  if (found !== undefined) throw unusable(source, `"${found}" is not allowed here, embed the data instead`);
  if (ownKey(cluster, "insecure-skip-tls-verify") === true)
    throw unusable(source, '"insecure-skip-tls-verify" is not allowed here');
}

async function tlsOf(cluster: JsonObject, user: JsonObject, source: string): Promise<TlsSettings> {
  const caPem = await pem(cluster, "certificate-authority", source);
  const certPem = await pem(user, "client-certificate", source);
  const keyPem = await pem(user, "client-key", source);
  const serverName = textAt(cluster, "tls-server-name");
  return {
    ...(caPem !== undefined && { caPem }),
    ...(certPem !== undefined && { certPem }),
    ...(keyPem !== undefined && { keyPem }),
    ...(serverName !== undefined && { serverName }),
    insecure: ownKey(cluster, "insecure-skip-tls-verify") === true,
  };
}

/** Data in the kubeconfig goes before a file that it names. */
async function pem(from: JsonObject, key: string, source: string): Promise<string | undefined> {
  const data = textAt(from, `${key}-data`);
  if (data === undefined) {
    const path = textAt(from, key);
    return path === undefined ? undefined : await readPem(path);
  }
  const text = Buffer.from(data, "base64").toString("utf8");
  if (!text.includes("-----BEGIN ")) throw unusable(source, `"${key}-data" is not PEM in base64`);
  return text;
}

function authorizationOf(user: JsonObject, { clock, source }: Around): Credentials["authorization"] {
  if (ownKey(user, "auth-provider") !== undefined) {
    throw unusable(source, '"auth-provider" is not supported: Kubernetes replaced it by credential plugins ("exec")');
  }
  const token = textAt(user, "token");
  const file = textAt(user, "tokenFile");
  if (file !== undefined) return tokenFile(file, clock);
  if (token !== undefined) return async () => `Bearer ${token}`;
  const username = textAt(user, "username");
  if (username === undefined) return async () => undefined;
  const basic = Buffer.from(`${username}:${textAt(user, "password") ?? ""}`).toString("base64");
  return async () => `Basic ${basic}`;
}

/** A plugin's certificate is asked for with each new connection, its token with each request; both come from one cached run. */
function pluginOf(
  { cluster, user }: KubeContext,
  { env, clock, folder }: Around,
): { tls: () => Promise<TlsSettings>; authorization: (renew: boolean) => Promise<string | undefined> } | undefined {
  const exec = ownKey(user, "exec");
  if (!isObject(exec)) return undefined;
  const run = execPlugin({ exec, cluster, folder, env, clock });
  const tls = async (): Promise<TlsSettings> => {
    const { certPem, keyPem } = await run(false);
    return { ...(certPem !== undefined && { certPem }), ...(keyPem !== undefined && { keyPem }) };
  };
  const authorization = async (renew: boolean): Promise<string | undefined> => {
    const { token } = await run(renew);
    return token === undefined ? undefined : `Bearer ${token}`;
  };
  return { tls, authorization };
}
