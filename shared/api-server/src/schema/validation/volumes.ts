import { type JsonObject } from "@sluice/base";
import { objectAt, objectsAt } from "../defaults/set-default.ts";
import { type Faults } from "./faults.ts";
import { dnsLabel } from "./names.ts";

/** A field that a volume source must have, and how the API server names it. */
const NEEDED: Readonly<Record<string, string>> = {
  hostPath: "path",
  secret: "secretName",
  configMap: "name",
  persistentVolumeClaim: "claimName",
  nfs: "server",
  csi: "driver",
};

/** Checks the volumes of a pod. @returns their names */
export function checkVolumes(faults: Faults, spec: JsonObject, path: string): Set<string> {
  const names = new Set<string>();
  for (const [index, volume] of objectsAt(spec, "volumes").entries()) {
    const at = `${path}.volumes[${index}]`;
    const name = String(volume["name"] ?? "");
    if (name === "") faults.required(`${at}.name`);
    else faults.named(`${at}.name`, name, dnsLabel);
    if (names.has(name)) faults.duplicate(`${at}.name`, name);
    names.add(name);
    checkSource(faults, volume, at);
  }
  return names;
}

/** The order in which the API server looks at sources; of two, the later one is refused. */
const SOURCES = [
  "emptyDir",
  "hostPath",
  "gitRepo",
  "nfs",
  "secret",
  "persistentVolumeClaim",
  "downwardAPI",
  "configMap",
  "projected",
  "csi",
  "ephemeral",
];

function checkSource(faults: Faults, volume: JsonObject, at: string): void {
  const sources = SOURCES.filter((name) => volume[name] !== undefined);
  for (const [index, name] of sources.entries()) {
    if (index > 0) {
      faults.forbidden(`${at}.${name}`, "may not specify more than 1 volume type");
      continue;
    }
    const source = objectAt(volume, name);
    const needed = NEEDED[name];
    if (needed !== undefined && !source[needed]) faults.required(`${at}.${name}.${needed}`);
    checkItems(faults, source, `${at}.${name}`);
  }
}

function checkItems(faults: Faults, source: JsonObject, at: string): void {
  for (const [index, item] of objectsAt(source, "items").entries()) {
    const path = String(item["path"] ?? "");
    const field = `${at}.items[${index}]`;
    if (!item["key"] && !item["fieldRef"] && !item["resourceFieldRef"]) faults.required(`${field}.key`);
    if (path === "") faults.required(`${field}.path`);
    else if (path.startsWith("/")) faults.invalid(`${field}.path`, path, "must be a relative path");
    else if (path.split("/").includes("..")) faults.invalid(`${field}.path`, path, "must not contain '..'");
  }
}

/** Checks where a container mounts its volumes. */
export function checkMounts(faults: Faults, container: JsonObject, at: string, volumes: ReadonlySet<string>): void {
  const paths = new Set<string>();
  for (const [index, mount] of objectsAt(container, "volumeMounts").entries()) {
    const field = `${at}.volumeMounts[${index}]`;
    const name = String(mount["name"] ?? "");
    const mountPath = String(mount["mountPath"] ?? "");
    if (name === "") faults.required(`${field}.name`);
    if (!volumes.has(name)) faults.notFound(`${field}.name`, name);
    if (mountPath === "") faults.required(`${field}.mountPath`);
    if (paths.has(mountPath)) faults.invalid(`${field}.mountPath`, mountPath, "must be unique");
    paths.add(mountPath);
  }
}
