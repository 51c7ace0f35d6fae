import { type Json } from "@sluice/base";
import { type RecordedAnswer, type RecordedCase, type RecordedStep, leftovers } from "./recorded-case.ts";
import { normalizeAnswer } from "./normalize.ts";

/** Sends one request to a server. @returns its status code and its JSON body; null for a body that is not JSON */
export type Send = (step: RecordedStep) => Promise<{ code: number; body: Json }>;

/** Runs a case against a server and cleans up after it. @returns the normalized answers, one for each step */
export async function runRecordedCase(one: RecordedCase, send: Send): Promise<RecordedAnswer[]> {
  const answers: RecordedAnswer[] = [];
  try {
    for (const step of one.steps) {
      const { code, body } = await send(step);
      answers.push(normalizeAnswer(code, body));
    }
  } finally {
    for (const path of leftovers(one)) await discard(path, send);
  }
  return answers;
}

/** Deletes an object and frees it from its finalizers. */
async function discard(path: string, send: Send): Promise<void> {
  const query = "gracePeriodSeconds=0&propagationPolicy=Background";
  await send({ method: "DELETE", path: `${path}?${query}`, contentType: "application/json" });
  const body = { metadata: { finalizers: null } };
  await send({ method: "PATCH", path, contentType: "application/merge-patch+json", body });
}
