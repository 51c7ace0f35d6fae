import { groupOf, type KubeObject } from "@sluice/api";
import { cloneJson, isObject, type JsonObject, sha256Hex } from "@sluice/base";
import { isKubeError } from "@sluice/kube";
import { type Desired } from "./desired.ts";
import { statusOf } from "./failures.ts";

/** Deleting one of these takes with it what is not in the manifest: only the object's own annotation allows it. */
const PRECIOUS: ReadonlySet<string> = new Set([
  "/Namespace",
  "/PersistentVolumeClaim",
  "/PersistentVolume",
  "apiextensions.k8s.io/CustomResourceDefinition",
]);

/** Whether this object may be deleted and created again when it cannot be changed in place. */
export function mayRecreate({ ref, policy }: Pick<Desired, "ref" | "policy">, force: boolean): boolean {
  if (policy.force) return true;
  return force && !PRECIOUS.has(`${groupOf(ref.apiVersion)}/${ref.kind}`);
}

/** Whether a refusal may come from what the object was before, so that creating it anew could succeed. @source kubectl and Flux ask the same */
export function isAboutChange(error: unknown): boolean {
  return isKubeError(error, "INVALID") || /\bimmutable\b/i.test(statusOf(error).message);
}

/**
 * An object like this one under a name that nothing has: if the server would create it, it refused the change and not the content.
 * Of a Service it leaves out what two Services cannot share.
 */
export function probeOf(object: KubeObject): KubeObject {
  const probe = cloneJson(object);
  probe.metadata.name = otherName(object.metadata.name);
  if (object.kind === "Service" && isObject(probe["spec"])) unshare(probe["spec"]);
  return probe;
}

/** Of the same length, so that limits on names hold as they do for the original; ends in hex digits, which every kind allows. */
function otherName(name: string): string {
  const length = Math.min(8, name.length);
  return name.slice(0, name.length - length) + letters(sha256Hex(name)).slice(0, length);
}

/** Some names must begin with a letter. */
function letters(hex: string): string {
  return hex.replace(/[0-9]/g, (digit) => "ghijklmnop"[Number(digit)] ?? digit);
}

function unshare(spec: JsonObject): void {
  for (const key of ["clusterIP", "clusterIPs", "healthCheckNodePort", "loadBalancerIP"]) {
    if (spec[key] !== "None") delete spec[key];
  }
  if (!Array.isArray(spec["ports"])) return;
  for (const port of spec["ports"]) if (isObject(port)) delete port["nodePort"];
}
