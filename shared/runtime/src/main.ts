import { jsonLog, type Logger, messageOf, systemClock, type Clock } from "@sluice/base";
import { type Bus, connectNats, inProcessBus } from "@sluice/bus";
import { connect, type KubeClient, loadCredentials } from "@sluice/kube";
import { type CommonConfig } from "./config.ts";

/** What a controller's process hands to its work. */
export interface ProcessDeps {
  clock: Clock;
  log: Logger;
  client: KubeClient;
  bus: Bus;
  random: () => number;
}

/** The parts of `process` that are needed: a test gives others. */
export type Host = Pick<NodeJS.Process, "argv" | "env" | "exit"> & {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
  once(event: "SIGINT" | "SIGTERM", listener: () => void): unknown;
};

/**
 * The life of a controller's process: reads its configuration, connects, works until SIGINT or SIGTERM, and ends with the
 * exit code: 0 after an orderly stop, 1 after a failure that is named on stderr.
 */
export async function runProcess<C extends CommonConfig>(
  host: Host,
  controller: {
    name: string;
    parseConfig(argv: readonly string[], env: NodeJS.ProcessEnv): C;
    work(config: C, deps: ProcessDeps, signal: AbortSignal): Promise<void>;
  },
): Promise<never> {
  const stop = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    host.once(name, () => stop.abort(new DOMException(name, "AbortError")));
  }
  try {
    const { name } = controller;
    const config = controller.parseConfig(host.argv.slice(2), host.env);
    const clock = systemClock;
    const log = jsonLog({ write: (line) => void host.stdout.write(line), clock, level: config.logLevel });
    const credentials = await loadCredentials({ env: host.env, clock });
    const limit = config.kubeApi.qps > 0 ? { limit: config.kubeApi } : {};
    await using client = connect({ credentials, clock, userAgent: `sluice-${name}`, ...limit });
    await using bus = config.natsUrl
      ? connectNats({ servers: config.natsUrl, name, log, clock })
      : inProcessBus({ log, clock });
    await controller.work(config, { clock, log, client, bus, random: Math.random }, stop.signal);
  } catch (thrown) {
    host.stderr.write(`${messageOf(thrown)}\n`);
    host.exit(1);
  }
  host.exit(0);
}
