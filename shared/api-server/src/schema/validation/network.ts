import { isIP } from "node:net";
import { type KubeObject } from "@sluice/api";
import { isObject, type JsonObject } from "@sluice/base";
import { objectAt, objectsAt } from "../defaults/set-default.ts";
import { type Faults, IMMUTABLE } from "./faults.ts";
import { dnsLabel, dnsSubdomain, type NameCheck, wildcardSubdomain } from "./names.ts";
import { checkPort } from "./ports.ts";
import { checkSelector } from "./selector.ts";

const hostName: NameCheck = (host) => {
  if (isIP(host) !== 0) return ["must be a DNS name, not an IP address"];
  return host.includes("*") ? wildcardSubdomain(host) : dnsSubdomain(host);
};

/** @source `k8s.io/kubernetes/pkg/apis/networking/validation` ValidateIngress */
export function checkIngress(faults: Faults, ingress: KubeObject): void {
  const spec = objectAt(ingress, "spec");
  const rules = objectsAt(spec, "rules");
  const backend = spec["defaultBackend"];
  if (rules.length === 0 && !isObject(backend)) {
    faults.invalid("spec", null, "either `defaultBackend` or `rules` must be specified");
  }
  if (isObject(backend)) checkBackend(faults, backend, "spec.defaultBackend");
  for (const [index, tls] of objectsAt(spec, "tls").entries()) checkTls(faults, tls, `spec.tls[${index}]`);
  for (const [index, rule] of rules.entries()) checkRule(faults, rule, `spec.rules[${index}]`);
  faults.named("spec.ingressClassName", spec["ingressClassName"], dnsSubdomain);
}

function checkTls(faults: Faults, tls: JsonObject, at: string): void {
  const hosts = Array.isArray(tls["hosts"]) ? tls["hosts"] : [];
  for (const [index, host] of hosts.entries()) {
    const name = String(host);
    faults.named(`${at}.hosts[${index}]`, name, name.includes("*") ? wildcardSubdomain : dnsSubdomain);
  }
  faults.named(`${at}.secretName`, tls["secretName"], dnsSubdomain);
}

function checkRule(faults: Faults, rule: JsonObject, at: string): void {
  faults.named(`${at}.host`, rule["host"], hostName);
  const { http } = rule;
  if (!isObject(http)) return;
  const paths = objectsAt(http, "paths");
  if (paths.length === 0) faults.required(`${at}.http.paths`);
  for (const [index, path] of paths.entries()) checkPath(faults, path, `${at}.http.paths[${index}]`);
}

const PATH_TYPES = ["Exact", "ImplementationSpecific", "Prefix"];
const BAD_SEQUENCES = ["//", "/./", "/../", "%2f", "%2F"];
const BAD_ENDINGS = ["/..", "/."];

function checkPath(faults: Faults, rule: JsonObject, at: string): void {
  const { pathType } = rule;
  const path = String(rule["path"] ?? "");
  if (!pathType) faults.required(`${at}.pathType`, "pathType must be specified");
  else if (pathType === "Exact" || pathType === "Prefix") {
    if (!path.startsWith("/")) faults.invalid(`${at}.path`, path, "must be an absolute path");
    for (const part of BAD_SEQUENCES)
      if (path.includes(part)) faults.invalid(`${at}.path`, path, `must not contain '${part}'`);
    for (const end of BAD_ENDINGS)
      if (path.endsWith(end)) faults.invalid(`${at}.path`, path, `cannot end with '${end}'`);
  } else if (pathType === "ImplementationSpecific") {
    if (path !== "" && !path.startsWith("/")) faults.invalid(`${at}.path`, path, "must be an absolute path");
  } else faults.unsupported(`${at}.pathType`, pathType, PATH_TYPES);
  checkBackend(faults, objectAt(rule, "backend"), `${at}.backend`);
}

function checkBackend(faults: Faults, backend: JsonObject, at: string): void {
  const { service, resource } = backend;
  if (isObject(service) && isObject(resource))
    return faults.invalid(at, "", "cannot set both resource and service backends");
  if (isObject(resource)) return;
  if (!isObject(service)) return faults.invalid(at, "", "resource or service backend is required");
  if (!service["name"]) faults.required(`${at}.service.name`);
  else faults.named(`${at}.service.name`, service["name"], dnsLabel);
  const { name, number } = objectAt(service, "port");
  if (name && number) faults.invalid(at, "", "cannot set both port name & port number");
  else if (name) checkPort(faults, name, `${at}.service.port.name`);
  else if (number) checkPort(faults, number, `${at}.service.port.number`);
  else faults.required(at, "port name or number is required");
}

export function checkIngressClass(faults: Faults, ingressClass: KubeObject, old: KubeObject | undefined): void {
  const { controller } = objectAt(ingressClass, "spec");
  if (!controller) faults.required("spec.controller");
  if (old && controller !== objectAt(old, "spec")["controller"])
    faults.invalid("spec.controller", controller, IMMUTABLE);
}

/** @source `k8s.io/kubernetes/pkg/apis/networking/validation` ValidateNetworkPolicy */
export function checkNetworkPolicy(faults: Faults, policy: KubeObject): void {
  const spec = objectAt(policy, "spec");
  checkSelector(faults, spec["podSelector"], "spec.podSelector");
  for (const [index, rule] of objectsAt(spec, "ingress").entries())
    checkTraffic(faults, rule, `spec.ingress[${index}]`, "from");
  for (const [index, rule] of objectsAt(spec, "egress").entries())
    checkTraffic(faults, rule, `spec.egress[${index}]`, "to");
  const types = Array.isArray(spec["policyTypes"]) ? spec["policyTypes"] : [];
  for (const [index, type] of types.entries()) faults.oneOf(`spec.policyTypes[${index}]`, type, ["Ingress", "Egress"]);
}

function checkTraffic(faults: Faults, rule: JsonObject, at: string, peers: string): void {
  for (const [index, port] of objectsAt(rule, "ports").entries())
    checkPolicyPort(faults, port, `${at}.ports[${index}]`);
  for (const [index, peer] of objectsAt(rule, peers).entries()) checkPeer(faults, peer, `${at}.${peers}[${index}]`);
}

function checkPolicyPort(faults: Faults, rule: JsonObject, at: string): void {
  const { port, endPort } = rule;
  faults.oneOf(`${at}.protocol`, rule["protocol"], ["TCP", "UDP", "SCTP"]);
  checkPort(faults, port, `${at}.port`);
  if (typeof endPort !== "number") return;
  if (typeof port !== "number") faults.required(`${at}.endPort`, "may not be specified when `port` is not specified");
  else if (endPort < port) faults.invalid(`${at}.endPort`, port, "must be greater than or equal to `port`");
}

function checkPeer(faults: Faults, peer: JsonObject, at: string): void {
  const kinds = ["podSelector", "namespaceSelector", "ipBlock"].filter((key) => isObject(peer[key]));
  for (const key of ["podSelector", "namespaceSelector"]) checkSelector(faults, peer[key], `${at}.${key}`);
  if (kinds.length === 0) faults.required(at, "must specify a peer");
  else if (kinds.length > 1 && kinds.includes("ipBlock"))
    faults.forbidden(at, "may not specify both ipBlock and another peer");
  const block = peer["ipBlock"];
  if (isObject(block)) checkBlock(faults, block, `${at}.ipBlock`);
}

const CIDR_TEXT = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";

function checkBlock(faults: Faults, block: JsonObject, at: string): void {
  const cidr = String(block["cidr"] ?? "");
  if (cidr === "") return faults.required(`${at}.cidr`);
  const outer = networkOf(cidr);
  if (!outer) return faults.invalid(`${at}.cidr`, cidr, CIDR_TEXT);
  const except = Array.isArray(block["except"]) ? block["except"].map(String) : [];
  for (const [index, one] of except.entries()) {
    const inner = networkOf(one);
    if (!inner) faults.invalid(`${at}.except[${index}]`, one, CIDR_TEXT);
    else if (
      inner.bits <= outer.bits ||
      inner.size !== outer.size ||
      inner.value >> (outer.size - outer.bits) !== outer.value >> (outer.size - outer.bits)
    ) {
      faults.invalid(`${at}.except[${index}]`, one, "must be a strict subset of `cidr`");
    }
  }
}

/** A block of addresses as a number. */
function networkOf(cidr: string): { value: bigint; size: bigint; bits: bigint } | undefined {
  const [address = "", bits = "", more] = cidr.split("/");
  const family = isIP(address);
  if (family === 0 || more !== undefined || !/^[0-9]{1,3}$/.test(bits)) return undefined;
  const size = family === 4 ? 32n : 128n;
  if (BigInt(bits) > size) return undefined;
  return { value: family === 4 ? ipv4(address) : ipv6(address), size, bits: BigInt(bits) };
}

function ipv4(address: string): bigint {
  return address.split(".").reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
}

function ipv6(address: string): bigint {
  const [head = "", tail] = address.split("::");
  const words = (text: string) => (text === "" ? [] : text.split(":").flatMap(wordsOf));
  const left = words(head);
  const right = tail === undefined ? [] : words(tail);
  const middle = Array.from({ length: Math.max(0, 8 - left.length - right.length) }, () => 0n);
  return [...left, ...middle, ...right].reduce((sum, word) => (sum << 16n) | word, 0n);
}

function wordsOf(part: string): bigint[] {
  if (!part.includes(".")) return [BigInt(`0x${part}`)];
  const value = ipv4(part);
  return [value >> 16n, value & 0xffffn];
}
