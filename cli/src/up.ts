import { writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { type ApiServer, startApiServer } from "@sluice/api-server";
import { type Clock, type Logger, rfc3339 } from "@sluice/base";
import { type Bus, inProcessBus } from "@sluice/bus";
import { type GitRepository, isTrue, type Kustomization } from "@sluice/api";
import { type LocalRepository, watchRefs } from "@sluice/git";
import { connect, fixedCredentials, type KubeClient, type Reflector, reflect } from "@sluice/kube";
import { parseKustomizationConfig, runKustomization } from "@sluice/kustomize-controller";
import { type Reconciled } from "@sluice/runtime";
import { parseSourceConfig, runSource } from "@sluice/source-controller";
import { allReady, allStuck, type Row, reasonsOf, rowOf, shown } from "./board.ts";
import { bootstrap, SYSTEM } from "./bootstrap.ts";
import { CliError } from "./errors.ts";
import { EXAMPLE_PATH, prepareExample } from "./example.ts";
import { type UpOptions } from "./options.ts";
import { type Output, Screen } from "./screen.ts";
import { openSource, type Source } from "./source.ts";
import { takeStateDir } from "./state-dir.ts";

/** With `--once`, how long everything may stand still with failures before that is the result, in milliseconds. */
const STUCK_MS = 3000;

export interface UpDeps {
  clock: Clock;
  /** Log of the controllers. */
  log: Logger;
  output: Output;
  random: () => number;
  /** Where the example repository lies. */
  exampleDir: string;
  /** Directory that paths are shown relative to. */
  cwd: string;
}

/**
 * Runs the embedded API server and the controllers in this process until `signal` aborts, or with `once` until everything is ready.
 * @throws {CliError} SOURCE_INVALID, NOT_READY
 */
export async function up(options: UpOptions, deps: UpDeps, signal: AbortSignal): Promise<void> {
  const { clock, log, output } = deps;
  using screen = new Screen(output);
  const stop = new AbortController();
  const working = AbortSignal.any([signal, stop.signal]);
  await using _taken = await takeStateDir(options.dir);
  const isExample = options.source === undefined;
  const directory =
    options.source ?? (await prepareExample({ from: deps.exampleDir, dir: options.dir, clock, signal: working }));
  const path = options.path ?? (isExample ? EXAMPLE_PATH : "");
  await using source = await openSource(directory, { path, clock, signal: working });
  await using server = await startApiServer({ port: options.port, clock, log, simulator: true });
  const kubeconfig = join(options.dir, "kubeconfig");
  await writeFile(kubeconfig, server.kubeconfig(), { mode: 0o600 });
  await using client = connect({
    credentials: fixedCredentials({ server: server.url, token: server.token }),
    clock,
    userAgent: "sluice-up",
  });
  await using bus = inProcessBus({ log, clock });
  await bootstrap(client, { url: source.url, ref: source.ref, path }, working);
  const controllers = startControllers({ server, bus, source, options, deps, signal: working });
  controllers.catch((thrown: unknown) => stop.abort(thrown));
  try {
    sayHello(screen, { isExample, once: options.once, source, directory, path, kubeconfig, cwd: deps.cwd });
    const board = watchBoard({ client, clock, log, signal: working });
    if (source.local !== undefined) await followCommits(source.local, { board, bus, source, clock, signal: working });
    const rows = options.once
      ? await untilSettled(board, { screen, clock, timeoutMs: options.timeoutMs, signal: working })
      : await showForever(board, { screen, signal: working });
    if (options.once) {
      screen.finish(rows);
      if (!allReady(rows)) throw notReady(rows);
    }
  } finally {
    stop.abort(new DOMException("sluice up ends", "AbortError"));
    await controllers;
  }
}

interface Start {
  server: ApiServer;
  bus: Bus;
  source: Source;
  options: UpOptions;
  deps: UpDeps;
  signal: AbortSignal;
}

/** Both controllers, in this process, with the flags of their own processes. Resolves when they have ended. */
async function startControllers({ server, bus, source, options, deps, signal }: Start): Promise<void> {
  const { clock, log, random } = deps;
  const credentials = fixedCredentials({ server: server.url, token: server.token });
  const common = ["--metrics-addr=0", "--health-addr=0"];
  const storage = ["--storage-addr=127.0.0.1:0", `--storage-path=${join(options.dir, "artifacts")}`, "--concurrent=4"];
  await using sourceClient = connect({ credentials, clock, userAgent: "sluice-source-controller" });
  await using applyClient = connect({ credentials, clock, userAgent: "sluice-kustomize-controller" });
  const shared = { clock, log, bus, random };
  await Promise.all([
    runSource(
      parseSourceConfig([...common, ...storage], {}),
      { ...shared, client: sourceClient, redirect: (url) => source.redirect(url) },
      signal,
    ),
    runKustomization(parseKustomizationConfig(common, {}), { ...shared, client: applyClient }, signal),
  ]);
}

/** The rows of the table, kept current, and who wants to know of a change. */
interface Board {
  rows(): Row[];
  /** Resolves at the next change. */
  changed(signal: AbortSignal): Promise<void>;
  repositories(): readonly GitRepository[];
}

function watchBoard(options: { client: KubeClient; clock: Clock; log: Logger; signal: AbortSignal }): Board {
  const { client, clock, log, signal } = options;
  const waiting = new Set<() => void>();
  const onChange = () => {
    for (const wake of [...waiting]) wake();
  };
  const copies: Reflector<Reconciled>[] = shown.map((kind) =>
    reflect<Reconciled>(client, kind, { clock, log, signal, onChange }),
  );
  for (const copy of copies) copy.synced.catch(() => {});
  const isSourceReady = ({ metadata, spec }: Reconciled) => {
    const { name, namespace = metadata.namespace ?? "" } = (spec as Kustomization["spec"]).sourceRef;
    return isTrue(copies[0]?.get({ namespace, name })?.status?.conditions, "Ready");
  };
  return {
    rows: () =>
      copies.flatMap((copy) =>
        copy
          .list()
          .map((object) => rowOf(object, isSourceReady))
          .sort(byName),
      ),
    repositories: () => (copies[0]?.list() ?? []) as readonly GitRepository[],
    changed: (until) =>
      new Promise((resolve) => {
        const end = () => {
          waiting.delete(end);
          until.removeEventListener("abort", end);
          resolve();
        };
        waiting.add(end);
        until.addEventListener("abort", end, { once: true });
      }),
  };
}

function byName(a: Row, b: Row): number {
  const [one, two] = [`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`];
  return one < two ? -1 : one > two ? 1 : 0;
}

/** Asks for a reconciliation of every GitRepository that this repository stands in for, as soon as a ref of it moves. */
async function followCommits(
  repository: LocalRepository,
  follow: { board: Board; bus: Bus; source: Source; clock: Clock; signal: AbortSignal },
): Promise<void> {
  const { board, bus, source, clock, signal } = follow;
  const onChange = () => {
    for (const { metadata, spec } of board.repositories()) {
      if (spec.url !== source.url && source.redirect(spec.url) === undefined) continue;
      bus.publishRequest({
        kind: "GitRepository",
        namespace: metadata.namespace ?? SYSTEM,
        name: metadata.name,
        requestedAt: rfc3339(clock.now()),
      });
    }
  };
  await watchRefs({ repository, onChange, clock, signal });
}

async function showForever(board: Board, { screen, signal }: { screen: Screen; signal: AbortSignal }): Promise<Row[]> {
  while (!signal.aborted) {
    screen.show(board.rows());
    await board.changed(signal);
  }
  return board.rows();
}

/** Shows the rows until all are ready, nothing moves any more, or the time is up. */
async function untilSettled(
  board: Board,
  options: { screen: Screen; clock: Clock; timeoutMs: number; signal: AbortSignal },
): Promise<Row[]> {
  const { screen, clock, timeoutMs, signal } = options;
  const end = new AbortController();
  using _ = clock.after(timeoutMs, () => end.abort());
  const until = AbortSignal.any([signal, end.signal]);
  for (let rows = board.rows(); ; rows = board.rows()) {
    screen.show(rows);
    if (allReady(rows) || until.aborted) return rows;
    const pause = new AbortController();
    using __ = allStuck(rows) ? clock.after(STUCK_MS, () => pause.abort()) : undefined;
    await board.changed(AbortSignal.any([until, pause.signal]));
    if (pause.signal.aborted) return board.rows();
  }
}

function notReady(rows: readonly Row[]): CliError<"NOT_READY"> {
  const reasons = reasonsOf(rows);
  return new CliError("NOT_READY", `Not everything is ready:\n${reasons.map((reason) => `  ${reason}`).join("\n")}`, {
    reasons,
  });
}

function sayHello(
  screen: Screen,
  facts: {
    isExample: boolean;
    once: boolean;
    source: Source;
    directory: string;
    path: string;
    kubeconfig: string;
    cwd: string;
  },
): void {
  const { isExample, once, source, directory, path, kubeconfig, cwd } = facts;
  const short = (file: string) => relative(cwd, file) || ".";
  screen.say(`Reconciling ${source.local === undefined ? source.url : short(directory)}, path ./${path}`);
  if (once) return;
  screen.say(`kubectl --kubeconfig ${short(kubeconfig)} get kustomizations -A`);
  if (isExample)
    screen.say(
      `Next: edit ${short(join(directory, "apps/dev/kustomization.yaml"))}, then: git -C ${short(directory)} commit -am "Try it"`,
    );
  else if (source.local !== undefined)
    screen.say("Next: edit and commit in that repository; the change is applied at once");
}
