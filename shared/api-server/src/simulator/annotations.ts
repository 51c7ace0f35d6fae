import { type KubeObject } from "@sluice/api";
import { isObject, type JsonObject, parseDuration } from "@sluice/base";

/** On a workload or its pod template: it never becomes ready, and says this reason. */
export const FAIL = "simulator.sluice.dev/fail";
/** On a workload or its pod template: a Go duration such as `5s` before it becomes ready, or fails. */
export const DELAY = "simulator.sluice.dev/delay";

/** What an object asks of the simulator. */
export interface Wishes {
  /** Reason of the failure; absent: it becomes ready. */
  fail: string | undefined;
  /** Absent: not said, or not a duration. */
  delayMs: number | undefined;
}

export function wishesOf(object: KubeObject): Wishes {
  const own = object.metadata.annotations ?? {};
  const template = templateAnnotations(object);
  const said = (name: string) => own[name] ?? template[name];
  const delay = said(DELAY);
  return { fail: said(FAIL), delayMs: delay === undefined ? undefined : durationOf(delay) };
}

function durationOf(text: string): number | undefined {
  const ms = parseDuration(text);
  return ms === undefined ? undefined : Math.max(0, ms);
}

function templateAnnotations(object: KubeObject): { [name: string]: string } {
  const annotations = at(at(at(object, "spec"), "template"), "metadata")["annotations"];
  return isObject(annotations) ? (annotations as { [name: string]: string }) : {};
}

function at(source: JsonObject, key: string): JsonObject {
  const value = source[key];
  return isObject(value) ? value : {};
}
