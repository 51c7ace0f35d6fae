import { type KubeObject } from "@sluice/api";
import { type JsonObject } from "@sluice/base";
import { ageColumn, type Column, column, nameColumn } from "./column.ts";
import { age } from "./duration-text.ts";
import { labelsText } from "./label-text.ts";
import { at, numberAt, objectAt, objectsAt, orNone, orUnset, textAt, textsAt } from "./read.ts";

const wide = { priority: 1 } as const;

function keyCount(...paths: string[]): Column {
  const sum = (object: KubeObject) =>
    paths.reduce((total, path) => total + Object.keys(objectAt(object, path)).length, 0);
  return column("Data", sum);
}

export const configMapColumns: Column[] = [nameColumn, keyCount("data", "binaryData"), ageColumn];
export const secretColumns: Column[] = [
  nameColumn,
  column("Type", (object) => textAt(object, "type")),
  keyCount("data"),
  ageColumn,
];
export const nameAndAge: Column[] = [nameColumn, ageColumn];
export const namespaceColumns: Column[] = [
  nameColumn,
  column("Status", (object) => textAt(object, "status.phase")),
  ageColumn,
];

const ENDPOINTS_SHOWN = 3;

export const endpointsColumns: Column[] = [nameColumn, column("Endpoints", endpointsText), ageColumn];

function endpointsText(endpoints: KubeObject): string {
  const all = objectsAt(endpoints, "subsets").flatMap((subset) => {
    const addresses = objectsAt(subset, "addresses").map((address) => textAt(address, "ip"));
    const ports = objectsAt(subset, "ports").map((port) => numberAt(port, "port"));
    return addresses.flatMap((ip) => (ports.length === 0 ? [ip] : ports.map((port) => `${ip}:${port}`)));
  });
  if (all.length === 0) return "<none>";
  const shown = all.slice(0, ENDPOINTS_SHOWN).join(",");
  return all.length > ENDPOINTS_SHOWN ? `${shown} + ${all.length - ENDPOINTS_SHOWN} more...` : shown;
}

export const serviceColumns: Column[] = [
  nameColumn,
  column("Type", (object) => textAt(object, "spec.type")),
  column("Cluster-IP", (object) => orNone(textAt(object, "spec.clusterIP"))),
  column("External-IP", externalAddress),
  column("Port(s)", (object) => orNone(objectsAt(object, "spec.ports").map(portText).join(","))),
  ageColumn,
  column("Selector", (object) => labelsText(objectAt(object, "spec.selector")), wide),
];

/** @source `pkg/printers/internalversion` getServiceExternalIP */
function externalAddress(service: KubeObject): string {
  const own = textsAt(service, "spec.externalIPs");
  const type = textAt(service, "spec.type");
  if (type === "ExternalName") return textAt(service, "spec.externalName");
  if (type !== "LoadBalancer") return orNone(own.join(","));
  const given = objectsAt(service, "status.loadBalancer.ingress").map(
    (entry) => textAt(entry, "ip") || textAt(entry, "hostname"),
  );
  const all = [...given, ...own];
  return all.length > 0 ? all.join(",") : "<pending>";
}

function portText(port: JsonObject): string {
  const node = numberAt(port, "nodePort");
  return `${numberAt(port, "port")}${node > 0 ? `:${node}` : ""}/${textAt(port, "protocol")}`;
}

export const nodeColumns: Column[] = [
  nameColumn,
  column("Status", nodeState),
  column("Roles", (node) => orNone(nodeRoles(node).join(","))),
  ageColumn,
  column("Version", (node) => textAt(node, "status.nodeInfo.kubeletVersion")),
  column("Internal-IP", (node) => nodeAddress(node, "InternalIP"), wide),
  column("External-IP", (node) => nodeAddress(node, "ExternalIP"), wide),
  column("OS-Image", (node) => textAt(node, "status.nodeInfo.osImage") || "<unknown>", wide),
  column("Kernel-Version", (node) => textAt(node, "status.nodeInfo.kernelVersion") || "<unknown>", wide),
  column("Container-Runtime", (node) => textAt(node, "status.nodeInfo.containerRuntimeVersion") || "<unknown>", wide),
];

function nodeState(node: KubeObject): string {
  const ready = objectsAt(node, "status.conditions").find((condition) => condition["type"] === "Ready");
  const state = ready === undefined ? "Unknown" : ready["status"] === "True" ? "Ready" : "NotReady";
  return at(node, "spec.unschedulable") === true ? `${state},SchedulingDisabled` : state;
}

const ROLE = "node-role.kubernetes.io/";

function nodeRoles({ metadata: { labels = {} } }: KubeObject): string[] {
  return Object.keys(labels)
    .filter((label) => label.startsWith(ROLE) && label.length > ROLE.length)
    .map((label) => label.slice(ROLE.length))
    .sort();
}

function nodeAddress(node: KubeObject, type: string): string {
  const found = objectsAt(node, "status.addresses").find((address) => address["type"] === type);
  return found ? textAt(found, "address") : "<none>";
}

const MODES: Readonly<Record<string, string>> = {
  ReadWriteOnce: "RWO",
  ReadOnlyMany: "ROX",
  ReadWriteMany: "RWX",
  ReadWriteOncePod: "RWOP",
};

function accessModes(modes: readonly string[]): string {
  return modes.map((mode) => MODES[mode] ?? "").join(",");
}

const volumeMode = column("VolumeMode", (object) => orUnset(textAt(object, "spec.volumeMode")), wide);

export const claimColumns: Column[] = [
  nameColumn,
  column("Status", (claim) =>
    claim.metadata.deletionTimestamp === undefined ? textAt(claim, "status.phase") : "Terminating",
  ),
  column("Volume", (claim) => textAt(claim, "spec.volumeName")),
  column("Capacity", (claim) =>
    textAt(claim, "spec.volumeName") === "" ? "" : textAt(claim, "status.capacity.storage"),
  ),
  column("Access Modes", (claim) =>
    textAt(claim, "spec.volumeName") === "" ? "" : accessModes(textsAt(claim, "status.accessModes")),
  ),
  column("StorageClass", (claim) => textAt(claim, "spec.storageClassName")),
  column("VolumeAttributesClass", (claim) => orUnset(textAt(claim, "spec.volumeAttributesClassName"))),
  ageColumn,
  volumeMode,
];

export const volumeColumns: Column[] = [
  nameColumn,
  column("Capacity", (volume) => textAt(volume, "spec.capacity.storage")),
  column("Access Modes", (volume) => accessModes(textsAt(volume, "spec.accessModes"))),
  column("Reclaim Policy", (volume) => textAt(volume, "spec.persistentVolumeReclaimPolicy")),
  column("Status", (volume) =>
    volume.metadata.deletionTimestamp === undefined ? textAt(volume, "status.phase") : "Terminating",
  ),
  column("Claim", (volume) => {
    const claim = objectAt(volume, "spec.claimRef");
    return Object.keys(claim).length === 0 ? "" : `${textAt(claim, "namespace")}/${textAt(claim, "name")}`;
  }),
  column("StorageClass", (volume) => textAt(volume, "spec.storageClassName")),
  column("VolumeAttributesClass", (volume) => orUnset(textAt(volume, "spec.volumeAttributesClassName"))),
  column("Reason", (volume) => textAt(volume, "status.reason")),
  ageColumn,
  volumeMode,
];

export const quotaColumns: Column[] = [
  nameColumn,
  column("Request", (quota) => usage(quota, (name) => !name.startsWith("limits."))),
  column("Limit", (quota) => usage(quota, (name) => name.startsWith("limits."))),
  ageColumn,
];

function usage(quota: KubeObject, wanted: (name: string) => boolean): string {
  const used = objectAt(quota, "status.used");
  const hard = Object.entries(objectAt(quota, "status.hard"))
    .filter(([name]) => wanted(name))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return hard.map(([name, value]) => `${name}: ${String(used[name] ?? "0")}/${String(value)}`).join(", ");
}

export const eventColumns: Column[] = [
  column("Last Seen", lastSeen),
  column("Type", (event) => textAt(event, "type")),
  column("Reason", (event) => textAt(event, "reason")),
  column("Object", (event) => {
    const about = involved(event);
    const kind = textAt(about, "kind").toLowerCase();
    return textAt(about, "name") === "" ? kind : `${kind}/${textAt(about, "name")}`;
  }),
  column("Subobject", (event) => textAt(involved(event), "fieldPath"), wide),
  column("Source", eventSource, wide),
  column("Message", (event) => (textAt(event, "message") || textAt(event, "note")).trim()),
  column("First Seen", (event, now) => firstSeen(event, now), wide),
  column("Count", (event) => eventCount(event), wide),
  column("Name", (event) => event.metadata.name, { format: "name", priority: 1 }),
];

function involved(event: KubeObject): JsonObject {
  const core = objectAt(event, "involvedObject");
  return Object.keys(core).length > 0 ? core : objectAt(event, "regarding");
}

function eventTime(event: KubeObject, core: string, deprecated: string): string {
  return textAt(event, core) || textAt(event, deprecated);
}

function firstSeen(event: KubeObject, now: number): string {
  return age(eventTime(event, "firstTimestamp", "deprecatedFirstTimestamp") || textAt(event, "eventTime"), now);
}

function lastSeen(event: KubeObject, now: number): string {
  const series = textAt(event, "series.lastObservedTime");
  if (series !== "") return age(series, now);
  const last = eventTime(event, "lastTimestamp", "deprecatedLastTimestamp");
  return last === "" ? firstSeen(event, now) : age(last, now);
}

function eventSource(event: KubeObject): string {
  const source = objectAt(event, "source");
  const component =
    textAt(source, "component") || textAt(event, "reportingComponent") || textAt(event, "reportingController");
  const host = textAt(source, "host") || textAt(event, "reportingInstance");
  return [component, host].filter((part) => part !== "").join(", ");
}

function eventCount(event: KubeObject): number {
  const series = numberAt(event, "series.count");
  return series || numberAt(event, "count") || numberAt(event, "deprecatedCount") || 1;
}
