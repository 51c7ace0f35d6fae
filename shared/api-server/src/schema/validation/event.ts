import { type KubeObject } from "@sluice/api";
import { type JsonObject } from "@sluice/base";
import { objectAt } from "../defaults/set-default.ts";
import { type Faults } from "./faults.ts";

/** An event of the core group. @source `k8s.io/kubernetes/pkg/apis/core/validation` `legacyValidateEvent` */
export function checkEvent(faults: Faults, event: KubeObject): void {
  checkAbout(faults, event, objectAt(event, "involvedObject"));
  checkTimed(faults, event, "reportingComponent");
}

/**
 * An event of events.k8s.io.
 * @param old the stored event: what a new one must have, an older one may lack.
 */
export function checkNewEvent(faults: Faults, event: KubeObject, old: KubeObject | undefined): void {
  checkAbout(faults, event, objectAt(event, "regarding"));
  checkTimed(faults, event, "reportingController");
  if (old) return;
  const { eventTime, type = "" } = event;
  if (!eventTime) faults.required("eventTime");
  if (type !== "Normal" && type !== "Warning") faults.invalid("type", "", `has invalid value: ${String(type)}`);
}

/** An event without an exact time lives beside the object that it is about; those about objects outside of namespaces live in `default`. */
function checkAbout(faults: Faults, event: KubeObject, { namespace = "" }: JsonObject): void {
  if (event["eventTime"]) return;
  const { namespace: own } = event.metadata;
  const fits = namespace === "" ? own === "default" : namespace === own;
  if (!fits) faults.invalid("involvedObject.namespace", namespace, "does not match event.namespace");
}

/** An event with an exact time says who did what, and why. */
function checkTimed(faults: Faults, event: KubeObject, reporter: string): void {
  if (!event["eventTime"]) return;
  for (const field of [reporter, "reportingInstance", "action", "reason"]) if (!event[field]) faults.required(field);
}
