import { connectNats, type NatsOptions } from "@sluice/bus";
import { silentLog, systemClock } from "@sluice/base";
import { type BusLab, busContract } from "@sluice/testkit";
import { describeReal } from "./describe-real.ts";
import { startNats } from "./nats.ts";

await describeReal("the bus contract over NATS", ["nats-server"], (assets) => {
  busContract(async (): Promise<BusLab> => {
    const server = await startNats({ assets: assets() });
    const base: Omit<NatsOptions, "name"> = { servers: server.url, log: silentLog, clock: systemClock };
    const opened: AsyncDisposable[] = [];
    const open = (name: string) => {
      const bus = connectNats({ ...base, name });
      opened.push(bus);
      return bus;
    };
    const dispose = async () => {
      await Promise.all(opened.map((bus) => bus[Symbol.asyncDispose]()));
      await server[Symbol.asyncDispose]();
    };
    return { open, [Symbol.asyncDispose]: dispose };
  });
});
