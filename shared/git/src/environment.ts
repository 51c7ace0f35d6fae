import { authorization, type CheckedRemote } from "./remote.ts";

/** Variables of the host that git may see: where programs are, and which proxy and certificates to use. */
const PASSED_ON = [
  ...["PATH", "TMPDIR", "LD_LIBRARY_PATH", "SYSTEMROOT"],
  ...["http_proxy", "https_proxy", "all_proxy", "no_proxy", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"],
  ...["SSL_CERT_FILE", "SSL_CERT_DIR"],
] as const;

const DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Settings of git, as `[key, value]`; they reach git through its environment, never through its arguments. */
export type GitSettings = readonly (readonly [key: string, value: string])[];

const HARDENING: GitSettings = [
  ["core.hooksPath", "/dev/null"],
  ["core.fsmonitor", "false"],
  ["core.askPass", ""],
  ["credential.helper", ""],
  ["gc.auto", "0"],
  ["maintenance.auto", "false"],
  ["transfer.credentialsInUrl", "die"],
  ["advice.detachedHead", "false"],
];

/**
 * The complete environment of a git process: nothing of the host's but {@link PASSED_ON}; no configuration file, no prompt, no
 * hook, no credential helper, no protocol but `protocols`, messages in English.
 */
export function gitEnvironment(
  host: Environment,
  settings: GitSettings = [],
  protocols = "http:https:ssh",
): Environment {
  const passed = Object.fromEntries(PASSED_ON.map((name) => [name, host[name]]));
  return {
    ...passed,
    PATH: host["PATH"] ?? DEFAULT_PATH,
    HOME: "/dev/null",
    XDG_CONFIG_HOME: "/dev/null",
    LC_ALL: "C",
    LANGUAGE: "",
    GIT_ALLOW_PROTOCOL: protocols,
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_OPTIONAL_LOCKS: "0",
    ...configVariables([...HARDENING, ...settings]),
  };
}

function configVariables(settings: GitSettings): Record<string, string> {
  const variables: Record<string, string> = { GIT_CONFIG_COUNT: String(settings.length) };
  for (const [i, [key, value]] of settings.entries()) {
    variables[`GIT_CONFIG_KEY_${i}`] = key;
    variables[`GIT_CONFIG_VALUE_${i}`] = value;
  }
  return variables;
}

/** The settings with which git talks to a remote. With credentials, redirects are not followed. */
export function remoteSettings(remote: CheckedRemote, files: { caFile?: string }): GitSettings {
  return [
    ["http.followRedirects", remote.auth === undefined ? "initial" : "false"],
    ["http.lowSpeedLimit", "1"],
    ["http.lowSpeedTime", "300"],
    ["protocol.version", "2"],
    ...(remote.auth ? [["http.extraHeader", `Authorization: ${authorization(remote.auth)}`] as const] : []),
    ...(files.caFile === undefined ? [] : [["http.sslCAInfo", files.caFile] as const]),
  ];
}
