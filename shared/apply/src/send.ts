import { type KubeObject, type ObjectMeta } from "@sluice/api";
import { type KubeClient } from "@sluice/kube";
import { statusOf } from "./failures.ts";
import { type Live, liveOf, type Managers } from "./live.ts";
import { withoutUndeclared } from "./unknown-fields.ts";

/** What an apply, or its dry run, returned. */
export interface Answer {
  metadata: ObjectMeta;
  live: Live;
  /** The object did not exist before. */
  created: boolean;
  /** What was sent in the end. */
  object: KubeObject;
  warnings: string[];
}

export interface SendOptions {
  client: KubeClient;
  managers: Managers;
  dryRun: boolean;
  /** The same object passed a dry run before: its warnings are known, and the server may spare a second validation of field names. */
  tried: boolean;
  signal?: AbortSignal;
}

/** Sends a server-side apply; fields that the schema of a built-in kind does not have are dropped with a warning. */
export async function sendApply(object: KubeObject, options: SendOptions): Promise<Answer> {
  try {
    return await send(object, options);
  } catch (error) {
    const cleaned = withoutUndeclared(object, statusOf(error).message);
    if (cleaned === undefined) throw error;
    const answer = await send(cleaned.object, options);
    answer.warnings.push(...cleaned.dropped.map((path) => `unknown field "${path.slice(1)}"`));
    return answer;
  }
}

async function send(object: KubeObject, options: SendOptions): Promise<Answer> {
  const { client, managers, dryRun, tried, signal } = options;
  const warnings: string[] = [];
  let created = false;
  const { metadata } = await client.apply(object, {
    fieldManager: managers.self,
    force: true,
    metadataOnly: true,
    dryRun,
    fieldValidation: tried ? "Ignore" : "Warn",
    onWarning: (warning) => void warnings.push(warning),
    onCreated: () => void (created = true),
    ...(signal === undefined ? {} : { signal }),
  });
  return { metadata, live: liveOf(metadata, managers), created, object, warnings };
}
