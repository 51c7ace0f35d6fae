import { type Clock, sleep, stringifyJson } from "@sluice/base";
import { type ConformanceClient } from "../client.ts";
import { type RecordedStep } from "./recorded-case.ts";
import { type Send } from "./run-case.ts";

/** Longest time that a definition takes to be served, in tries of 100 ms. */
const TRIES = 100;
const PAUSE_MS = 100;

/** Sends the steps of recorded cases over HTTP. Right after a definition was made its resources may be unknown yet: that is tried again for 10 s. */
export function clientSend(client: ConformanceClient, clock: Clock): Send {
  return async (step) => {
    for (let tries = 1; ; tries++) {
      const { method, path, contentType: type, body } = step;
      const answer = await client.ask(path, { method, type, ...(body !== undefined && { body: stringifyJson(body) }) });
      const isStatus = Object.keys(answer.body).length > 0;
      if (answer.status !== 404 || isStatus || tries === TRIES || !creates(step))
        return { code: answer.status, body: isStatus ? answer.body : null };
      await sleep(clock, PAUSE_MS);
    }
  };
}

function creates({ method, contentType }: RecordedStep): boolean {
  return method === "POST" || contentType.includes("apply-patch");
}
