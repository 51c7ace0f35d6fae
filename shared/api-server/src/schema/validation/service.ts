import { type KubeObject } from "@sluice/api";
import { isObject, type JsonObject } from "@sluice/base";
import { objectAt, objectsAt } from "../defaults/set-default.ts";
import { type Faults, PORT_RANGE } from "./faults.ts";
import { dnsLabel, dnsSubdomain } from "./names.ts";
import { checkPort } from "./ports.ts";
import { checkLabels } from "./selector.ts";

const TYPES = ["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"];

/** @source `k8s.io/kubernetes/pkg/apis/core/validation` ValidateService */
export function checkService(faults: Faults, service: KubeObject, old: KubeObject | undefined): void {
  const spec = objectAt(service, "spec");
  const { type, clusterIP } = spec;
  const isHeadless = clusterIP === "None";
  const ports = objectsAt(spec, "ports");
  if (ports.length === 0 && !isHeadless && type !== "ExternalName") faults.required("spec.ports");
  if (type === "ExternalName") {
    if (!spec["externalName"]) faults.required("spec.externalName");
    else faults.named("spec.externalName", String(spec["externalName"]).replace(/\.$/, ""), dnsSubdomain);
  }
  checkPorts(faults, ports, spec);
  checkLabels(faults, spec["selector"], "spec.selector");
  faults.oneOf("spec.sessionAffinity", spec["sessionAffinity"], ["ClientIP", "None"]);
  faults.oneOf("spec.type", type, TYPES);
  if (old) checkAddress(faults, spec, objectAt(old, "spec"));
}

function checkPorts(faults: Faults, ports: readonly JsonObject[], spec: JsonObject): void {
  const names = new Set<string>();
  const taken = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const at = `spec.ports[${index}]`;
    const name = String(port["name"] ?? "");
    if (name === "") {
      if (ports.length > 1) faults.required(`${at}.name`);
    } else {
      faults.named(`${at}.name`, name, dnsLabel);
      if (names.has(name)) faults.duplicate(`${at}.name`, name);
      names.add(name);
    }
    faults.between(`${at}.port`, port["port"], PORT_RANGE);
    checkPort(faults, port["targetPort"], `${at}.targetPort`);
    faults.oneOf(`${at}.protocol`, port["protocol"], ["SCTP", "TCP", "UDP"]);
    if (spec["type"] === "ClusterIP" && port["nodePort"]) {
      faults.forbidden(`${at}.nodePort`, "may not be used when `type` is 'ClusterIP'");
    }
    const key = `${port["protocol"]}/${port["port"]}`;
    if (taken.has(key)) faults.duplicate(at, port);
    taken.add(key);
  }
}

function checkAddress(faults: Faults, spec: JsonObject, old: JsonObject): void {
  if (spec["type"] === "ExternalName" || old["type"] === "ExternalName") return;
  const [before] = Array.isArray(old["clusterIPs"]) ? old["clusterIPs"] : [old["clusterIP"]];
  const now = Array.isArray(spec["clusterIPs"]) ? spec["clusterIPs"] : [spec["clusterIP"] ?? null];
  if (before && now[0] !== before)
    faults.invalid(
      "spec.clusterIPs[0]",
      now.filter((one) => !isObject(one)),
      "may not change once set",
    );
}
