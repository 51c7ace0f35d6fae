import { isObject, type JsonObject } from "@sluice/base";
import { objectAt, objectsAt } from "../defaults/set-default.ts";
import { type Faults, ID_RANGE, PORT_RANGE } from "./faults.ts";
import { dnsLabel, dnsSubdomain } from "./names.ts";
import { portNameFaults } from "./ports.ts";
import { checkProbes } from "./probes.ts";
import { checkResources } from "./resources.ts";
import { checkMounts } from "./volumes.ts";

export interface ContainerPlace {
  /** Where the pod's spec is. */
  path: string;
  volumes: ReadonlySet<string>;
}

/** Checks the containers and init containers of a pod. @source `k8s.io/kubernetes/pkg/apis/core/validation` */
export function checkContainers(faults: Faults, spec: JsonObject, place: ContainerPlace): void {
  const names = new Set<string>();
  const containers = objectsAt(spec, "containers");
  if (containers.length === 0) faults.required(`${place.path}.containers`);
  for (const [index, one] of containers.entries()) {
    const at = `${place.path}.containers[${index}]`;
    checkContainer(faults, one, at, { names, place });
    checkProbes(faults, one, at);
  }
  for (const [index, one] of objectsAt(spec, "initContainers").entries()) {
    const at = `${place.path}.initContainers[${index}]`;
    checkContainer(faults, one, at, { names, place });
    checkInit(faults, one, at);
  }
}

/** An init container may have probes and hooks only if it goes on running beside the others. */
function checkInit(faults: Faults, container: JsonObject, at: string): void {
  if (container["restartPolicy"] === "Always") return checkProbes(faults, container, at);
  for (const name of ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]) {
    if (container[name] !== undefined) {
      faults.forbidden(`${at}.${name}`, "may not be set for init containers without restartPolicy=Always");
    }
  }
}

function checkContainer(
  faults: Faults,
  container: JsonObject,
  at: string,
  { names, place }: { names: Set<string>; place: ContainerPlace },
): void {
  const name = String(container["name"] ?? "");
  if (name === "") faults.required(`${at}.name`);
  else faults.named(`${at}.name`, name, dnsLabel);
  if (name !== "" && names.has(name)) faults.duplicate(`${at}.name`, name);
  names.add(name);
  const image = String(container["image"] ?? "");
  if (image === "") faults.required(`${at}.image`);
  else if (image !== image.trim()) faults.invalid(`${at}.image`, image, "must not have leading or trailing whitespace");
  faults.oneOf(`${at}.imagePullPolicy`, container["imagePullPolicy"], ["Always", "IfNotPresent", "Never"]);
  faults.oneOf(`${at}.terminationMessagePolicy`, container["terminationMessagePolicy"], [
    "File",
    "FallbackToLogsOnError",
  ]);
  checkPorts(faults, container, at);
  checkEnv(faults, container, at);
  checkResources(faults, container, at);
  checkMounts(faults, container, at, place.volumes);
  checkSecurity(faults, container, at);
}

function checkPorts(faults: Faults, container: JsonObject, at: string): void {
  const names = new Set<string>();
  for (const [index, port] of objectsAt(container, "ports").entries()) {
    const field = `${at}.ports[${index}]`;
    const { name, containerPort, hostPort } = port;
    faults.named(`${field}.name`, name, portNameFaults);
    if (typeof name === "string" && portNameFaults(name).length === 0) {
      if (names.has(name)) faults.duplicate(`${field}.name`, name);
      names.add(name);
    }
    if (containerPort === 0) faults.required(`${field}.containerPort`);
    else faults.between(`${field}.containerPort`, containerPort, PORT_RANGE);
    if (hostPort !== 0) faults.between(`${field}.hostPort`, hostPort, PORT_RANGE);
    faults.oneOf(`${field}.protocol`, port["protocol"], ["SCTP", "TCP", "UDP"]);
  }
}

const ENV_TEXT = "a valid environment variable name must consist only of printable ASCII characters other than '='";

function checkEnv(faults: Faults, container: JsonObject, at: string): void {
  for (const [index, variable] of objectsAt(container, "env").entries()) {
    const field = `${at}.env[${index}]`;
    const name = String(variable["name"] ?? "");
    if (name === "") faults.required(`${field}.name`);
    else if (!/^[ -<>-~]+$/.test(name)) faults.invalid(`${field}.name`, name, ENV_TEXT);
    checkEnvSource(faults, variable, `${field}.valueFrom`);
  }
  for (const [index, source] of objectsAt(container, "envFrom").entries()) checkEnvFrom(faults, source, { at, index });
}

const ENV_SOURCES = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];

function checkEnvSource(faults: Faults, variable: JsonObject, field: string): void {
  const from = variable["valueFrom"];
  if (!isObject(from)) return;
  const sources = ENV_SOURCES.filter((name) => isObject(from[name]));
  if (sources.length === 0) {
    faults.invalid(
      field,
      "",
      "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`",
    );
  } else if (variable["value"]) faults.invalid(field, "", "may not be specified when `value` is not empty");
  else if (sources.length > 1) faults.invalid(field, "", "may not have more than one field specified at a time");
  for (const name of ["configMapKeyRef", "secretKeyRef"]) {
    const source = from[name];
    if (!isObject(source)) continue;
    faults.named(`${field}.${name}.name`, String(source["name"] ?? ""), dnsSubdomain);
    if (!source["key"]) faults.required(`${field}.${name}.key`);
  }
  checkFieldRef(faults, from["fieldRef"], `${field}.fieldRef.fieldPath`);
}

const FIELD_PATHS: ReadonlySet<string> = new Set([
  "metadata.name",
  "metadata.namespace",
  "metadata.uid",
  "spec.nodeName",
  "spec.serviceAccountName",
  "status.hostIP",
  "status.hostIPs",
  "status.podIP",
  "status.podIPs",
]);

function checkFieldRef(faults: Faults, source: unknown, field: string): void {
  if (!isObject(source)) return;
  const path = String(source["fieldPath"] ?? "");
  if (path === "") faults.required(field);
  else if (!FIELD_PATHS.has(path) && !/^metadata\.(labels|annotations)\['[^']*'\]$/.test(path)) {
    faults.invalid(field, path, `error converting fieldPath: field label not supported: ${path}`);
  }
}

function checkEnvFrom(faults: Faults, source: JsonObject, { at, index }: { at: string; index: number }): void {
  const refs = ["configMapRef", "secretRef"].filter((name) => isObject(source[name]));
  if (refs.length === 0) faults.invalid(`${at}.envFrom`, "", "must specify one of: `configMapRef` or `secretRef`");
  if (refs.length > 1) faults.invalid(`${at}.envFrom`, "", "may not have more than one field specified at a time");
  for (const name of refs) if (!objectAt(source, name)["name"]) faults.required(`${at}.envFrom[${index}].${name}.name`);
}

function checkSecurity(faults: Faults, container: JsonObject, at: string): void {
  const context = container["securityContext"];
  if (!isObject(context)) return;
  const field = `${at}.securityContext`;
  faults.between(`${field}.runAsUser`, context["runAsUser"], ID_RANGE);
  faults.between(`${field}.runAsGroup`, context["runAsGroup"], ID_RANGE);
  if (context["allowPrivilegeEscalation"] === false && context["privileged"] === true) {
    faults.invalid(field, context, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
  }
}
