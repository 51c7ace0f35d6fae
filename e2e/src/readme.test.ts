import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import { promisify } from "node:util";
import { startApiServer } from "@sluice/api-server";
import { scratchDir, systemClock } from "@sluice/base";
import { freePorts } from "@sluice/testkit";
import { expect, test } from "vitest";
import { answers } from "./probes.ts";
import { describeReal } from "./describe-real.ts";
import { eventually } from "./lab.ts";

const root = join(import.meta.dirname, "../..");

/** What the README shows to be typed, without comments. */
async function commands(): Promise<string[]> {
  const text = await readFile(join(root, "README.md"), "utf8");
  const blocks = [...text.matchAll(/^```sh\n([\s\S]*?)^```/gm)].map((match) => match[1] ?? "");
  return blocks
    .flatMap((block) => block.split("\n"))
    .map((line) => line.replace(/\s+#.*$/, ""))
    .filter((line) => line !== "");
}

/** Commands that build, test or need a machine to themselves: the checks of every change run them. */
const ranElsewhere = ["npm test", "npm run build"];

/** `npm run up` in a folder of its own, so that the test leaves the checkout alone. */
function elsewhere(command: string): string {
  const up = `"${process.execPath}" "${join(root, "dist/sluice.mjs")}" up`;
  return command.replace(/^npm run up( --)?/, up).replace(/^node dist\//, `"${process.execPath}" dist/`);
}

interface Place {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

async function run(command: string, place: Place): Promise<string> {
  return (await promisify(execFile)("sh", ["-c", elsewhere(command)], place)).stdout;
}

/** Starts a command that goes on until it is stopped. */
function start(command: string, { cwd, env }: Place): AsyncDisposable {
  const child = spawn("sh", ["-c", `exec ${elsewhere(command)}`], { cwd, env, stdio: "ignore" });
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGTERM");
      if (child.exitCode === null) await once(child, "exit");
    },
  };
}

/** The ports that the README gives to the controllers. */
const readmePorts = ["9090", "8081", "9441", "8082", "9442"];

/** The same command on ports and in a folder of the test's own: others on this machine may use those of the README. */
function apart(command: string, { dir, ports }: { dir: string; ports: readonly number[] }): string {
  return command
    .replace("/tmp/sluice", join(dir, "storage"))
    .replace(/:([0-9]{4})\b/g, (_, port: string) => `:${ports[readmePorts.indexOf(port)]}`);
}

function healthPort(command: string): string | undefined {
  return /--health-addr :([0-9]+)/.exec(command)?.[1];
}

function placeAt(cwd: string, kubectlPath: string, more: NodeJS.ProcessEnv = {}): Place {
  return { cwd, env: { PATH: `${dirname(kubectlPath)}${delimiter}${process.env["PATH"]}`, HOME: cwd, ...more } };
}

test("every command of the README is known to this file", async () => {
  const known = [...firstSteps, ...others, ...building, ...onACluster, ...ranElsewhere];
  expect((await commands()).filter((command) => !known.includes(command))).toEqual([]);
});

const firstSteps = [
  "npm run up",
  "sed -i 's/LOG_LEVEL=debug/LOG_LEVEL=trace/' .sluice/example/apps/dev/kustomization.yaml",
  'git -C .sluice/example commit -am "Log more"',
  "kubectl --kubeconfig .sluice/kubeconfig -n shop get configmaps,deployments",
];
const others = ["npm run up -- ../fleet --path clusters/staging", "npm run up -- --once --timeout 2m"];
const building = [
  "node dist/sluice.mjs build cli/example/apps/prod",
  "node dist/sluice.mjs build cli/example/apps/prod -o objects.yaml",
];
const onACluster = [
  "kubectl apply --server-side -f crds/manifests/",
  "node dist/source-controller.mjs --storage-path /tmp/sluice --storage-addr :9090 --storage-adv-addr localhost:9090 --metrics-addr :8081 --health-addr :9441",
  "node dist/kustomize-controller.mjs --metrics-addr :8082 --health-addr :9442",
];

test("the example builds to standard output and to a file", async () => {
  await using dir = await scratchDir("sluice-readme");
  await cp(join(root, "cli/example"), join(dir.path, "cli/example"), { recursive: true });
  await symlink(join(root, "dist"), join(dir.path, "dist"));
  const [print = "", write = ""] = building;
  const place = { cwd: dir.path, env: {} };
  const printed = await run(print, place);
  expect(printed).toContain("kind: Ingress");
  await run(write, place);
  expect(await readFile(join(dir.path, "objects.yaml"), "utf8")).toBe(printed);
});

await describeReal("the README's commands", ["kubectl"], (assets) => {
  test("the first steps do what the README says", async () => {
    await using dir = await scratchDir("sluice-readme");
    const place = placeAt(dir.path, assets().path.kubectl);
    const [up = "", edit = "", commit = "", look = ""] = firstSteps;
    await using _running = start(up, place);
    const shown = () => run(look, place).catch(() => "");
    await eventually("the example is there", async () => /deployment.apps\/frontend/.test(await shown()));
    const before = await shown();
    await run(edit, place);
    await run(commit, place);
    const maps = (text: string) => text.match(/configmap\/frontend-\w+/g)?.join();
    await eventually("the change is there", async () => maps(await shown()) !== maps(before));
  });

  test("a repository of one's own, and --once", async () => {
    await using dir = await scratchDir("sluice-readme");
    const work = join(dir.path, "work");
    const fleet = join(dir.path, "fleet");
    await mkdir(work);
    await cp(join(root, "cli/example"), fleet, { recursive: true });
    const place = placeAt(work, assets().path.kubectl);
    await run(
      `git init -q -b main ../fleet && git -C ../fleet add -A && git -C ../fleet -c user.name=t -c user.email=t@example.com commit -qm first`,
      place,
    );
    const [own = "", once = ""] = others;
    expect(await run(`${own} --once`, place)).toContain("Reconciling ../fleet, path ./clusters/staging");
    expect(await run(once, place)).toMatch(/✔ ready +Kustomization +flux-system\/apps/);
  });

  test("both controllers become ready with the flags that the README gives them", async () => {
    await using dir = await scratchDir("sluice-readme");
    await using server = await startApiServer({ clock: systemClock });
    const kubeconfig = join(dir.path, "kubeconfig");
    await writeFile(kubeconfig, server.kubeconfig());
    const place = placeAt(root, assets().path.kubectl, { KUBECONFIG: kubeconfig, HOME: dir.path });
    const [definitions = "", ...controllers] = onACluster;
    expect(await run(definitions, place)).toContain("kustomizations.kustomize.toolkit.fluxcd.io serverside-applied");
    const ports = await freePorts(5);
    const [source = "", kustomize = ""] = controllers.map((command) => apart(command, { dir: dir.path, ports }));
    await using _source = start(source, place);
    await using _kustomize = start(kustomize, place);
    const isReady = (command: string) => answers(`http://127.0.0.1:${healthPort(command)}/readyz`, {});
    await eventually("source-controller is ready", () => isReady(source));
    await eventually("kustomize-controller is ready", () => isReady(kustomize));
  });
});
