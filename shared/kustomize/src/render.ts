import { dumpYaml, type JsonObject } from "@sluice/base";
import { asFailure } from "./errors.ts";

/**
 * The text that `kustomize build` prints for these objects.
 * @throws {KustomizeError} TOO_LARGE for objects that are nested too deeply, or a text longer than the engine can hold
 */
export function renderYaml(objects: readonly JsonObject[]): string {
  try {
    return objects.map((object) => dumpYaml(object)).join("---\n");
  } catch (thrown) {
    throw asFailure(thrown);
  }
}
