import { type Clock, isObject, parseJson } from "@sluice/base";
import { type ConformanceClient } from "../client.ts";
import { clientSend } from "./client-send.ts";
import { differences } from "./normalize.ts";
import { runRecordedCase } from "./run-case.ts";

/** A case with the answers that kube-apiserver gave to it. */
export interface JudgedCase {
  /** A sentence about one promise of the API server. */
  name: string;
  /** It may run beside other cases; those of which this is false share objects in the namespace `default`. */
  independent: boolean;
  /**
   * Runs the case over HTTP against a server that has no controllers of workloads, and cleans up after it.
   * @returns one line for each difference to the recorded answers.
   */
  differences(client: ConformanceClient, clock: Clock): Promise<string[]>;
}

/** Every case about the semantics of single objects. They and the answers are large, so they are read only when asked for. */
export async function judgedCases(): Promise<JudgedCase[]> {
  const { objectCases } = await import("./cases.ts");
  const { answersText } = await import("../../generated/conformance-answers.ts");
  const answers = parseJson(answersText);
  return objectCases.map((one) => ({
    name: one.name,
    independent: one.independent === true,
    async differences(client, clock) {
      const got = await runRecordedCase(one, clientSend(client, clock));
      return differences(isObject(answers) ? answers[one.name] : undefined, JSON.parse(JSON.stringify(got)));
    },
  }));
}
