import { type KubeObject } from "@sluice/api";
import { equalJson, isObject, type Json, type JsonObject } from "@sluice/base";
import { type FieldError } from "../schema/field-error.ts";
import { type LifecycleContext } from "./context.ts";
import { addHook } from "./initial-status.ts";

const SERVICES = "/services";
/** Addresses of services: 10.96.0.0/16. */
const NETWORK = [10, 96] as const;
const FIRST_HOST = 2;
const LAST_HOST = 65_534;
/** @source kube-apiserver `--service-node-port-range` */
const NODE_PORTS = { first: 30_000, last: 32_767 } as const;

/** Gives services their cluster addresses and node ports, and refuses those that are taken. */
export function addServiceHooks({ registry, hooks }: LifecycleContext): void {
  const taken = new Taken();
  const services = registry.store.collection(SERVICES);
  for (const { object } of services.list()) taken.add(object);
  registry.store.onChange((collection, { type, stored, previous }) => {
    if (collection !== services) return;
    if (previous) taken.remove(previous.object);
    if (type !== "DELETED") taken.add(stored.object);
  });
  const allocate = (object: KubeObject) => {
    const spec = specOf(object);
    setFamilies(spec);
    allocateAddress(spec, taken.addresses);
    allocateNodePorts(spec, taken.ports);
  };
  addHook(hooks, SERVICES, {
    prepareCreate: allocate,
    prepareUpdate(object, live) {
      keepAllocated(specOf(object), specOf(live));
      dropStale(specOf(object), specOf(live));
      allocate(object);
    },
    validate: (object) => takenAddress(object, taken.addresses),
  });
}

/** Who has which address and node port, by uid. */
class Taken {
  readonly addresses = new Map<string, string>();
  readonly ports = new Map<number, string>();

  add(object: KubeObject): void {
    const { uid = "" } = object.metadata;
    for (const address of addressesOf(object)) this.addresses.set(address, uid);
    for (const port of nodePortsOf(object)) this.ports.set(port, uid);
  }

  remove(object: KubeObject): void {
    for (const address of addressesOf(object)) this.addresses.delete(address);
    for (const port of nodePortsOf(object)) this.ports.delete(port);
  }
}

function addressesOf(object: KubeObject): string[] {
  const address = specOf(object)["clusterIP"];
  return typeof address === "string" && address !== "" && address !== "None" ? [address] : [];
}

function nodePortsOf(object: KubeObject): number[] {
  return portsOf(specOf(object)).flatMap(({ nodePort }) =>
    typeof nodePort === "number" && nodePort > 0 ? [nodePort] : [],
  );
}

function specOf(object: KubeObject): JsonObject {
  return isObject(object["spec"]) ? object["spec"] : {};
}

function portsOf(spec: JsonObject): JsonObject[] {
  return Array.isArray(spec["ports"]) ? spec["ports"].filter(isObject) : [];
}

/** Which addresses a service has: one of IPv4, the family that this server gives; both for one that selects nothing and has none. */
function setFamilies(spec: JsonObject): void {
  if (spec["type"] === "ExternalName" || spec["ipFamilyPolicy"] !== undefined) return;
  const none = spec["clusterIP"] === "None" && spec["selector"] === undefined;
  spec["ipFamilies"] ??= none ? ["IPv4", "IPv6"] : ["IPv4"];
  spec["ipFamilyPolicy"] = none ? "RequireDualStack" : "SingleStack";
}

function allocateAddress(spec: JsonObject, taken: ReadonlyMap<string, string>): void {
  if (spec["type"] === "ExternalName") return;
  if (!spec["clusterIP"]) {
    const given = Array.isArray(spec["clusterIPs"]) ? spec["clusterIPs"][0] : undefined;
    spec["clusterIP"] = typeof given === "string" && given !== "" ? given : freeAddress(taken);
  }
  if (spec["clusterIP"] !== undefined) spec["clusterIPs"] ??= [spec["clusterIP"]];
}

function freeAddress(taken: ReadonlyMap<string, string>): string | undefined {
  const count = LAST_HOST - FIRST_HOST + 1;
  for (let tries = 0; tries < count; tries++) {
    const host = FIRST_HOST + ((taken.size + tries) % count);
    const address = [...NETWORK, host >> 8, host & 255].join(".");
    if (!taken.has(address)) return address;
  }
  return undefined;
}

function allocateNodePorts(spec: JsonObject, ports: ReadonlyMap<number, string>): void {
  const wanted =
    spec["type"] === "NodePort" || (spec["type"] === "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] !== false);
  if (!wanted) return;
  const taken = new Set(ports.keys());
  for (const port of portsOf(spec)) {
    port["nodePort"] ||= freePort(taken);
    if (typeof port["nodePort"] === "number") taken.add(port["nodePort"]);
  }
}

function freePort(taken: ReadonlySet<number>): number | undefined {
  for (let port: number = NODE_PORTS.first; port <= NODE_PORTS.last; port++) if (!taken.has(port)) return port;
  return undefined;
}

/** An update that leaves out what was allocated keeps it, as long as the service still needs it. */
function keepAllocated(spec: JsonObject, live: JsonObject): void {
  if (spec["type"] === "ExternalName" || live["type"] === "ExternalName") return;
  for (const key of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"])
    if (!spec[key] && live[key] !== undefined) spec[key] = live[key];
  const before = new Map(portsOf(live).map((port) => [portKey(port), port["nodePort"]]));
  if (spec["type"] !== "NodePort" && spec["type"] !== "LoadBalancer") return;
  for (const port of portsOf(spec)) {
    const kept = before.get(portKey(port));
    if (!port["nodePort"] && kept !== undefined) port["nodePort"] = kept;
  }
}

/**
 * A service that changes its type gives back what the old type had, unless the change says otherwise.
 * @source kube-apiserver `pkg/registry/core/service/strategy.go` dropTypeDependentFields
 */
function dropStale(spec: JsonObject, live: JsonObject): void {
  if (spec["type"] === "ExternalName" && live["type"] !== "ExternalName") {
    for (const key of ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"]) {
      if (equalJson(spec[key], live[key])) delete spec[key];
    }
  }
  const needsPorts = (type: Json | undefined) => type === "NodePort" || type === "LoadBalancer";
  if (needsPorts(spec["type"]) || !needsPorts(live["type"])) return;
  const before = new Map(portsOf(live).map((port) => [portKey(port), port["nodePort"]]));
  for (const port of portsOf(spec)) if (before.get(portKey(port)) === port["nodePort"]) delete port["nodePort"];
}

function portKey({ port, protocol }: JsonObject): string {
  return `${String(protocol ?? "TCP")}/${String(port)}`;
}

function takenAddress(object: KubeObject, taken: ReadonlyMap<string, string>): FieldError[] {
  const [address = ""] = addressesOf(object);
  const owner = taken.get(address);
  if (owner === undefined || owner === object.metadata.uid) return [];
  const detail = `failed to allocate IP ${address}: provided IP is already allocated`;
  return [{ type: "Invalid value", field: "spec.clusterIPs", value: [address], detail }];
}
