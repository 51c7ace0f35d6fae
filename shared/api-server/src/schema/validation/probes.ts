import { isObject, type JsonObject } from "@sluice/base";
import { objectAt } from "../defaults/set-default.ts";
import { type Faults } from "./faults.ts";
import { checkPort } from "./ports.ts";

const HANDLERS = ["exec", "httpGet", "tcpSocket", "grpc", "sleep"];
const PROBE_NUMBERS = [
  "initialDelaySeconds",
  "timeoutSeconds",
  "periodSeconds",
  "successThreshold",
  "failureThreshold",
];

/** Checks a container's probes and life cycle hooks. */
export function checkProbes(faults: Faults, container: JsonObject, at: string): void {
  for (const name of ["livenessProbe", "readinessProbe", "startupProbe"]) {
    const probe = container[name];
    if (!isObject(probe)) continue;
    checkHandler(faults, probe, `${at}.${name}`);
    for (const key of PROBE_NUMBERS) faults.notNegative(`${at}.${name}.${key}`, probe[key]);
    const threshold = probe["successThreshold"];
    if (name !== "readinessProbe" && threshold !== 1)
      faults.invalid(`${at}.${name}.successThreshold`, threshold, "must be 1");
  }
  const lifecycle = objectAt(container, "lifecycle");
  for (const name of ["postStart", "preStop"]) {
    const hook = lifecycle[name];
    if (isObject(hook)) checkHandler(faults, hook, `${at}.lifecycle.${name}`);
  }
}

function checkHandler(faults: Faults, owner: JsonObject, at: string): void {
  const handlers = HANDLERS.filter((name) => isObject(owner[name]));
  if (handlers.length === 0) return faults.required(at, "must specify a handler type");
  for (const [index, name] of handlers.entries()) {
    if (index > 0) faults.forbidden(`${at}.${name}`, "may not specify more than 1 handler type");
    else checkAction(faults, name, objectAt(owner, name), `${at}.${name}`);
  }
}

function checkAction(faults: Faults, name: string, action: JsonObject, at: string): void {
  if (name === "exec") {
    const { command } = action;
    if (!Array.isArray(command) || command.length === 0) faults.required(`${at}.command`);
  }
  if (name === "httpGet" || name === "tcpSocket" || name === "grpc") checkPort(faults, action["port"], `${at}.port`);
  if (name === "httpGet") {
    if (!action["path"]) faults.required(`${at}.path`);
    faults.oneOf(`${at}.scheme`, action["scheme"], ["HTTP", "HTTPS"]);
  }
}
