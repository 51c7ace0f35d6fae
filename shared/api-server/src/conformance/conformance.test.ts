import { systemClock } from "@sluice/base";
import { afterAll, beforeAll, test } from "vitest";
import { type ApiServer, startApiServer } from "../server.ts";
import { conformanceCases } from "./all.ts";
import { ConformanceClient } from "./client.ts";
import { runCase } from "./runner.ts";

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ clock: systemClock });
});
afterAll(() => server[Symbol.asyncDispose]());

for (const conformanceCase of conformanceCases) {
  test(conformanceCase.name, () => runCase(new ConformanceClient(server), conformanceCase));
}
