import { type JsonObject, sleep, systemClock } from "@sluice/base";
import { type CaseContext, type ConformanceCase } from "./case.ts";
import { type Answer } from "./client.ts";

/** Names the cases of one topic. */
export function cases(topic: string, table: { readonly [name: string]: ConformanceCase["run"] }): ConformanceCase[] {
  return Object.entries(table).map(([name, run]) => ({ name: `${topic}: ${name}`, run }));
}

/** Path of a core/v1 resource in the case's namespace. */
export function corePath({ namespace }: CaseContext, plural: string, name = ""): string {
  return `/api/v1/namespaces/${namespace}/${plural}${name === "" ? "" : `/${name}`}`;
}

export function appsPath({ namespace }: CaseContext, plural: string, name = ""): string {
  return `/apis/apps/v1/namespaces/${namespace}/${plural}${name === "" ? "" : `/${name}`}`;
}

export function configMap(name: string, data: { [key: string]: string } = {}, metadata: JsonObject = {}): JsonObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, ...metadata }, data };
}

export function deployment(name: string, spec: JsonObject = {}): JsonObject {
  const labels = { app: name };
  const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "example.com/app:1" }] } };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name },
    spec: { replicas: 0, selector: { matchLabels: labels }, template, ...spec },
  };
}

export function metadataOf(object: JsonObject): JsonObject {
  return (object["metadata"] ?? {}) as JsonObject;
}

/** The objects of a list. */
export function itemsOf({ body }: Answer): JsonObject[] {
  return (body["items"] ?? []) as JsonObject[];
}

/** Names of a list's objects, in its order. */
export function namesOf(answer: Answer): string[] {
  return itemsOf(answer).map((item) => String(metadataOf(item)["name"]));
}

const TRIES = 1200;
const PAUSE_MS = 50;

/**
 * Asks again until `accept` takes the answer: for what a server does in its own time.
 * @throws {Error} with the last answer if it does not within a minute: kube-controller-manager comes back to a namespace that is not empty after some ten seconds.
 */
export async function eventually(ask: () => Promise<Answer>, accept: (answer: Answer) => boolean): Promise<Answer> {
  let last = "";
  for (let tries = 0; tries < TRIES; tries++) {
    const answer = await ask();
    if (accept(answer)) return answer;
    last = answer.text;
    await sleep(systemClock, PAUSE_MS);
  }
  throw new Error(`the server did not come to answer as expected; at last: ${last}`);
}
