import { dumpYaml, type JsonObject } from "@sluice/base";

/** The text that `kustomize build` prints for these objects. */
export function renderYaml(objects: readonly JsonObject[]): string {
  return objects.map((object) => dumpYaml(object)).join("---\n");
}
