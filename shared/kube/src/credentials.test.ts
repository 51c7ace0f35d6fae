import { chmod, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { scratchDir } from "@sluice/base";
import { fakeClock } from "@sluice/testkit";
import { expect, test } from "vitest";
import { inCluster } from "./in-cluster.ts";
import { loadKubeConfig, parseKubeConfig } from "./kubeconfig.ts";
import { loadCredentials } from "./load-credentials.ts";

const PEM = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
const base64 = (text: string) => Buffer.from(text).toString("base64");

/** A kubeconfig with one context; `cluster` and `user` are lines of YAML flow members. */
function kubeconfig({ cluster = "", user = "", name = "one", namespace = "" } = {}): string {
  return `apiVersion: v1
kind: Config
current-context: ${name}
clusters: [{name: c-${name}, cluster: {server: "https://${name}:6443", ${cluster}}}]
users: [{name: u-${name}, user: {${user}}}]
contexts: [{name: ${name}, context: {cluster: c-${name}, user: u-${name}, ${namespace && `namespace: ${namespace}`}}}]
`;
}

const parse = (text: string, context?: string) =>
  parseKubeConfig({ text, source: "secret", clock: fakeClock(), ...(context !== undefined && { context }) });

async function pod() {
  const scratch = await scratchDir("kube-");
  await writeFile(join(scratch.path, "token"), "token-1\n");
  await writeFile(join(scratch.path, "ca.crt"), PEM);
  await writeFile(join(scratch.path, "namespace"), "flux-system");
  return scratch;
}

const podEnv = { KUBERNETES_SERVICE_HOST: "10.96.0.1", KUBERNETES_SERVICE_PORT: "443" };

test("inCluster() reads server, CA, namespace and token", async () => {
  await using scratch = await pod();
  const credentials = await inCluster({ env: podEnv, clock: fakeClock(), directory: scratch.path });
  expect(credentials).toMatchObject({ server: "https://10.96.0.1:443", namespace: "flux-system" });
  expect(await credentials.tls()).toEqual({ caPem: PEM });
  expect(await credentials.authorization(false)).toBe("Bearer token-1");
});

test("inCluster() puts an IPv6 address in brackets", async () => {
  await using scratch = await pod();
  const env = { ...podEnv, KUBERNETES_SERVICE_HOST: "fd00::1" };
  expect((await inCluster({ env, clock: fakeClock(), directory: scratch.path })).server).toBe("https://[fd00::1]:443");
});

test("a rotated token is taken up within a minute, and at once after a 401", async () => {
  await using scratch = await pod();
  const clock = fakeClock();
  const { authorization } = await inCluster({ env: podEnv, clock, directory: scratch.path });
  await authorization(false);
  await writeFile(join(scratch.path, "token"), "token-2");
  expect(await authorization(false)).toBe("Bearer token-1");
  expect(await authorization(true)).toBe("Bearer token-2");
  await writeFile(join(scratch.path, "token"), "token-3");
  await clock.advance(60_000);
  expect(await authorization(false)).toBe("Bearer token-3");
});

test("a token file that vanishes or is empty for a moment leaves the last token in use", async () => {
  await using scratch = await pod();
  const { authorization } = await inCluster({ env: podEnv, clock: fakeClock(), directory: scratch.path });
  await authorization(false);
  await writeFile(join(scratch.path, "token"), "");
  expect(await authorization(true)).toBe("Bearer token-1");
  await rm(join(scratch.path, "token"));
  expect(await authorization(true)).toBe("Bearer token-1");
});

test("a rotated CA is read for the next connection", async () => {
  await using scratch = await pod();
  const credentials = await inCluster({ env: podEnv, clock: fakeClock(), directory: scratch.path });
  await credentials.tls();
  await writeFile(join(scratch.path, "ca.crt"), PEM.replace("AAAA", "BBBB"));
  expect((await credentials.tls()).caPem).toContain("BBBB");
});

test("inCluster() outside of a pod says so", async () => {
  await expect(inCluster({ env: {}, clock: fakeClock() })).rejects.toMatchObject({ code: "CREDENTIALS" });
});

test("parseKubeConfig() reads a server, namespace, proxy, TLS and token", async () => {
  const cluster = `certificate-authority-data: ${base64(PEM)}, tls-server-name: api.internal, proxy-url: "http://proxy:3128"`;
  const credentials = parse(kubeconfig({ cluster, user: "token: abc", namespace: "apps" }));
  expect(credentials).toMatchObject({ server: "https://one:6443", namespace: "apps", proxyUrl: "http://proxy:3128" });
  expect(await credentials.tls()).toEqual({ caPem: PEM, serverName: "api.internal", insecure: false });
  expect(await credentials.authorization(false)).toBe("Bearer abc");
});

test("parseKubeConfig() reads client certificates and basic credentials", async () => {
  const user = `client-certificate-data: ${base64(PEM)}, client-key-data: ${base64(PEM)}, username: me, password: "p:w"`;
  const credentials = parse(kubeconfig({ user }));
  expect(await credentials.tls()).toMatchObject({ certPem: PEM, keyPem: PEM });
  expect(await credentials.authorization(false)).toBe(`Basic ${base64("me:p:w")}`);
});

test.each([
  { what: "text that is not YAML", text: "a: [", message: /secret/ },
  { what: "a list", text: "[]", message: /not a mapping/ },
  { what: "nothing", text: "", message: /no current-context/ },
  { what: "a context that is missing", text: "current-context: x", message: /no context "x"/ },
  {
    what: "a cluster that is missing",
    text: "current-context: x\ncontexts: [{name: x, context: {cluster: y}}]",
    message: /no cluster "y"/,
  },
  {
    what: "a user that is missing",
    text: "current-context: x\ncontexts: [{name: x, context: {cluster: y, user: z}}]\nclusters: [{name: y, cluster: {server: 's'}}]",
    message: /no user "z"/,
  },
  {
    what: "a cluster without a server",
    text: "current-context: x\ncontexts: [{name: x, context: {cluster: y}}]\nclusters: [{name: y}]",
    message: /no server/,
  },
  { what: "a command", text: kubeconfig({ user: "exec: {command: /bin/sh}" }), message: /"exec" is not allowed/ },
  { what: "a token file", text: kubeconfig({ user: "tokenFile: /etc/passwd" }), message: /"tokenFile" is not allowed/ },
  {
    what: "a CA file",
    text: kubeconfig({ cluster: "certificate-authority: /etc/passwd" }),
    message: /"certificate-authority" is not/,
  },
  { what: "a key file", text: kubeconfig({ user: "client-key: /k" }), message: /"client-key" is not allowed/ },
  {
    what: "no TLS verification",
    text: kubeconfig({ cluster: "insecure-skip-tls-verify: true" }),
    message: /not allowed/,
  },
])("parseKubeConfig() refuses $what", ({ text, message }) => {
  let thrown: unknown;
  try {
    parse(text);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toMatchObject({ code: "CREDENTIALS", message: expect.stringMatching(message) });
});

test("data that is not PEM is refused when it is used", async () => {
  const credentials = parse(kubeconfig({ cluster: `certificate-authority-data: ${base64("hello")}` }));
  await expect(credentials.tls()).rejects.toMatchObject({ code: "CREDENTIALS" });
});

test("loadKubeConfig() merges files, the first of equal names counts, and finds files beside the kubeconfig that names them", async () => {
  await using scratch = await scratchDir("kube-");
  const [one, two] = [join(scratch.path, "one"), join(scratch.path, "sub", "two")];
  await mkdir(join(scratch.path, "sub"));
  await writeFile(one, kubeconfig({ user: "token: first" }));
  await writeFile(
    two,
    kubeconfig({ name: "two", user: "tokenFile: my-token", cluster: "certificate-authority: ca.pem" }),
  );
  await writeFile(join(scratch.path, "sub", "my-token"), "second");
  await writeFile(join(scratch.path, "sub", "ca.pem"), PEM);
  const paths = [one, join(scratch.path, "missing"), two];
  const load = (context?: string) =>
    loadKubeConfig({ paths, env: {}, clock: fakeClock(), ...(context !== undefined && { context }) });
  expect(await (await load()).authorization(false)).toBe("Bearer first");
  const second = await load("two");
  expect([await second.authorization(false), (await second.tls()).caPem]).toEqual(["Bearer second", PEM]);
});

test("loadKubeConfig() of one file that does not exist names it", async () => {
  const load = loadKubeConfig({ paths: ["/nowhere/config"], env: {}, clock: fakeClock() });
  await expect(load).rejects.toMatchObject({
    code: "CREDENTIALS",
    message: expect.stringContaining("/nowhere/config"),
  });
});

/** A kubeconfig whose plugin is this shell script; `runs` counts by a file. */
async function plugin(folder: string, script: string, more = "") {
  await writeFile(join(folder, "plugin"), `#!/bin/sh\n${script}\n`);
  await chmod(join(folder, "plugin"), 0o755);
  const user = `exec: {apiVersion: client.authentication.k8s.io/v1, command: ./plugin, args: [a], env: [{name: COLOUR, value: red}], ${more}}`;
  await writeFile(join(folder, "config"), kubeconfig({ user }));
  const clock = fakeClock();
  const env = { PATH: "/usr/bin:/bin" };
  return { clock, credentials: await loadKubeConfig({ paths: [join(folder, "config")], env, clock }) };
}

test("a credential plugin is run with its arguments and environment, and again when its token expires or is refused", async () => {
  await using scratch = await scratchDir("kube-");
  const count = join(scratch.path, "count");
  const script = `echo x >> ${count}
printf '{"kind":"ExecCredential","status":{"token":"%s-%s-%s","expirationTimestamp":"2026-01-01T01:00:00Z"}}' "$1" "$COLOUR" "$(wc -l < ${count} | tr -d ' ')"`;
  const { clock, credentials } = await plugin(scratch.path, script);
  const both = await Promise.all([credentials.authorization(false), credentials.authorization(false)]);
  expect(both).toEqual(["Bearer a-red-1", "Bearer a-red-1"]);
  await clock.advance(59 * 60_000);
  expect(await credentials.authorization(false)).toBe("Bearer a-red-1");
  expect(await credentials.authorization(true)).toBe("Bearer a-red-2");
  await clock.advance(31_000);
  expect(await credentials.authorization(false)).toBe("Bearer a-red-3");
});

test("a credential plugin is told about the cluster if it asks, and may give a certificate", async () => {
  await using scratch = await scratchDir("kube-");
  const status = JSON.stringify({ status: { clientCertificateData: PEM, clientKeyData: PEM } });
  const script = `printf '%s' "$KUBERNETES_EXEC_INFO" > ${join(scratch.path, "info")}\ncat <<'END'\n${status}\nEND`;
  const { credentials } = await plugin(scratch.path, script, "provideClusterInfo: true");
  expect(await credentials.tls()).toMatchObject({ certPem: PEM, keyPem: PEM });
  expect(await credentials.authorization(false)).toBeUndefined();
  const { readFile } = await import("node:fs/promises");
  expect(JSON.parse(await readFile(join(scratch.path, "info"), "utf8"))).toMatchObject({
    kind: "ExecCredential",
    spec: { interactive: false, cluster: { server: "https://one:6443" } },
  });
});

test.each([
  { what: "fails", script: "echo 'login first' >&2; exit 3", message: /login first/ },
  { what: "writes no JSON", script: "echo hello", message: /not JSON/ },
  { what: "gives nothing", script: "echo '{\"status\":{}}'", message: /neither a token nor a certificate/ },
  { what: "gives no status", script: "echo '[]'", message: /no status/ },
])("a credential plugin that $what is an error that says so", async ({ script, message }) => {
  await using scratch = await scratchDir("kube-");
  const { credentials } = await plugin(scratch.path, script);
  await expect(credentials.authorization(false)).rejects.toMatchObject({
    code: "CREDENTIALS",
    message: expect.stringMatching(message),
  });
});

test("a retired auth-provider is refused with the way out", async () => {
  await using scratch = await scratchDir("kube-");
  const path = join(scratch.path, "config");
  await writeFile(path, kubeconfig({ user: "auth-provider: {name: oidc}" }));
  const load = loadKubeConfig({ paths: [path], env: {}, clock: fakeClock() });
  await expect(load).rejects.toMatchObject({
    code: "CREDENTIALS",
    message: expect.stringContaining('credential plugins ("exec")'),
  });
});

test("loadCredentials() looks at the flag, KUBECONFIG, the pod and the home directory, in this order", async () => {
  await using scratch = await scratchDir("kube-");
  const write = async (path: string, name: string) => {
    await mkdir(join(path, ".."), { recursive: true });
    await writeFile(path, kubeconfig({ name }));
    return path;
  };
  const home = join(scratch.path, "home");
  await write(join(home, ".kube", "config"), "home");
  const flag = await write(join(scratch.path, "flag"), "flag");
  const KUBECONFIG = await write(join(scratch.path, "env"), "env");
  const clock = fakeClock();
  const server = async (options: object) => (await loadCredentials({ clock, home, env: {}, ...options })).server;
  expect(await server({ kubeconfig: flag, env: { KUBECONFIG } })).toBe("https://flag:6443");
  expect(await server({ env: { ...podEnv, KUBECONFIG } })).toBe("https://env:6443");
  expect(await server({ env: podEnv })).toBe("https://10.96.0.1:443");
  expect(await server({})).toBe("https://home:6443");
  await expect(server({ home: "/nowhere" })).rejects.toMatchObject({ code: "CREDENTIALS" });
});
