import { groupOf, type KubeObject } from "@sluice/api";
import { canonicalJson, type JsonObject, rfc3339, sha256Hex } from "@sluice/base";
import { type Notice } from "./notice.ts";

/** The longest note that an event takes, in bytes. @source events.k8s.io/v1 `note` */
const MESSAGE_LIMIT_BYTES = 1024;
/** Annotations of the object that its events carry too. @source spec/flux-api.md 1.0 */
const COPIED_GROUP = "event.toolkit.fluxcd.io";

/** Two notices with the same id are one Event whose count grows. */
export function eventId(about: KubeObject, notice: Notice): string {
  const { severity, reason, message, meta = {} } = notice;
  const { uid = "", namespace = "", name } = about.metadata;
  return sha256Hex(canonicalJson([about.kind, namespace, name, uid, severity, reason, message, { ...meta }]));
}

/** The core/v1 Event that tells `notice`. Events about cluster-scoped objects live in `default`. */
export function eventOf(
  about: KubeObject,
  notice: Notice,
  origin: { component: string; nowMs: number; id: string },
): KubeObject {
  const { component, nowMs, id } = origin;
  const { namespace, name, uid, resourceVersion } = about.metadata;
  const involvedObject: JsonObject = { apiVersion: about.apiVersion, kind: about.kind, name };
  if (namespace !== undefined) involvedObject["namespace"] = namespace;
  if (uid !== undefined) involvedObject["uid"] = uid;
  if (resourceVersion !== undefined) involvedObject["resourceVersion"] = resourceVersion;
  const annotations = { ...copiedAnnotations(about), ...notice.meta };
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: {
      name: eventName(name, `${nowMs.toString(16)}${id.slice(0, 8)}`),
      namespace: namespace ?? "default",
      ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
    },
    involvedObject,
    reason: notice.reason,
    message: clip(notice.message),
    type: notice.severity === "error" ? "Warning" : "Normal",
    count: 1,
    firstTimestamp: rfc3339(nowMs),
    lastTimestamp: rfc3339(nowMs),
    source: { component },
    reportingComponent: component,
    reportingInstance: "",
  };
}

/** A name has at most 253 characters, and each of its parts ends in a letter or digit. */
function eventName(objectName: string, suffix: string): string {
  return `${objectName.slice(0, 200).replace(/[-.]+$/, "")}.${suffix}`;
}

function copiedAnnotations({ metadata }: KubeObject): { [key: string]: string } {
  const entries = Object.entries(metadata.annotations ?? {});
  return Object.fromEntries(entries.filter(([key]) => groupOf(key) === COPIED_GROUP));
}

/** Cuts a message at a character's boundary. */
function clip(message: string): string {
  const bytes = new TextEncoder().encode(message);
  if (bytes.length <= MESSAGE_LIMIT_BYTES) return message;
  const kept = new TextDecoder().decode(bytes.subarray(0, MESSAGE_LIMIT_BYTES - 3), { stream: true });
  return `${kept}...`;
}
