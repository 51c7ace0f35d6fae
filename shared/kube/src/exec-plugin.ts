import { execFile } from "node:child_process";
import { isAbsolute, join } from "node:path";
import {
  type Clock,
  isObject,
  type Json,
  type JsonObject,
  messageOf,
  ownKey,
  parseJson,
  stringifyJson,
} from "@sluice/base";
import { KubeError } from "./errors.ts";
import { textAt } from "./kubeconfig-read.ts";

/** What a plugin gave; either part may be absent. */
export interface ExecCredential {
  token: string | undefined;
  certPem: string | undefined;
  keyPem: string | undefined;
}

/** A credential is renewed so long before it expires. */
const SKEW_MS = 30_000;
const PLUGIN_MS = 60_000;
const LIMIT_BYTES = 1024 * 1024;

/**
 * Runs the credential plugin of a kubeconfig and keeps what it gives until it expires; callers that come meanwhile share one run.
 * @param options.cluster is passed on if the plugin asks for it (`provideClusterInfo`).
 * @throws {KubeError} CREDENTIALS, with the end of what the plugin wrote to stderr.
 * @source Kubernetes `client.authentication.k8s.io/v1`
 */
export function execPlugin(options: ExecPluginOptions): (renew: boolean) => Promise<ExecCredential> {
  let last: { credential: ExecCredential; expiresMs: number } | undefined;
  let running: Promise<ExecCredential> | undefined;
  const run = async () => {
    const found = await runPlugin(options);
    last = found;
    return found.credential;
  };
  return async (renew) => {
    if (last && !renew && options.clock.now() < last.expiresMs - SKEW_MS) return last.credential;
    running ??= run().finally(() => {
      running = undefined;
    });
    return await running;
  };
}

export interface ExecPluginOptions {
  /** `users[].user.exec` */
  exec: JsonObject;
  /** `clusters[].cluster` */
  cluster: JsonObject;
  /** Relative commands with a slash are looked for here. */
  folder: string;
  env: Readonly<Record<string, string | undefined>>;
  clock: Clock;
}

async function runPlugin(options: ExecPluginOptions): Promise<{ credential: ExecCredential; expiresMs: number }> {
  const { exec, env, folder } = options;
  const command = textAt(exec, "command");
  if (command === undefined) throw failed("", "the kubeconfig names no command");
  const path = command.includes("/") && !isAbsolute(command) ? join(folder, command) : command;
  const stdout = await output(path, {
    args: texts(ownKey(exec, "args")),
    env: { ...env, ...extraEnv(ownKey(exec, "env")), KUBERNETES_EXEC_INFO: stringifyJson(execInfo(options)) },
  });
  return readCredential(command, stdout);
}

function output(command: string, { args, env }: { args: string[]; env: NodeJS.ProcessEnv }): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env, timeout: PLUGIN_MS, maxBuffer: LIMIT_BYTES, encoding: "utf8" as const };
    execFile(command, args, options, (error, stdout, stderr) => {
      if (error) reject(failed(command, stderr.trim().slice(-500) || error.message, error));
      else resolve(stdout);
    });
  });
}

function execInfo({ exec, cluster }: ExecPluginOptions): JsonObject {
  const info: JsonObject = {
    apiVersion: textAt(exec, "apiVersion") ?? "client.authentication.k8s.io/v1",
    kind: "ExecCredential",
    spec: { interactive: false },
  };
  if (ownKey(exec, "provideClusterInfo") === true) info["spec"] = { interactive: false, cluster };
  return info;
}

function readCredential(command: string, stdout: string): { credential: ExecCredential; expiresMs: number } {
  let value: Json;
  try {
    value = parseJson(stdout);
  } catch (error) {
    throw failed(command, `its output is not JSON: ${messageOf(error)}`);
  }
  const status = isObject(value) ? ownKey(value, "status") : undefined;
  if (!isObject(status)) throw failed(command, "its output has no status");
  const credential = {
    token: textAt(status, "token"),
    certPem: textAt(status, "clientCertificateData"),
    keyPem: textAt(status, "clientKeyData"),
  };
  if (credential.token === undefined && credential.certPem === undefined) {
    throw failed(command, "its output has neither a token nor a certificate");
  }
  const expiresMs = Date.parse(textAt(status, "expirationTimestamp") ?? "");
  return { credential, expiresMs: Number.isNaN(expiresMs) ? Number.POSITIVE_INFINITY : expiresMs };
}

function texts(value: Json | undefined): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

function extraEnv(value: Json | undefined): Record<string, string> {
  const entries = Array.isArray(value) ? value.filter(isObject) : [];
  return Object.fromEntries(entries.map((one) => [textAt(one, "name") ?? "", textAt(one, "value") ?? ""]));
}

function failed(command: string, detail: string, cause?: unknown): KubeError<"CREDENTIALS"> {
  return new KubeError(
    "CREDENTIALS",
    `Cannot run the credential plugin "${command}": ${detail}`,
    { source: command },
    { cause },
  );
}
