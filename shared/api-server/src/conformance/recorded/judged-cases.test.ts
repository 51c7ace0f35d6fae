import { systemClock } from "@sluice/base";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ApiServer, startApiServer } from "../../server.ts";
import { ConformanceClient } from "../client.ts";
import { judgedCases } from "./judged-cases.ts";

let server: ApiServer;
beforeAll(async () => {
  server = await startApiServer({ clock: systemClock, simulator: false });
});
afterAll(() => server[Symbol.asyncDispose]());

for (const one of await judgedCases()) {
  test(`${one.name}, over HTTP`, async () => {
    expect(await one.differences(new ConformanceClient(server), systemClock)).toEqual([]);
  });
}
