import { dumpYaml, type JsonObject } from "@sluice/base";
import { asFailure } from "./errors.ts";

/**
 * The text that `kustomize build` prints for these objects.
 * @throws {KustomizeError} TOO_LARGE for objects that are nested too deeply, or a text longer than the engine can hold
 */
export function renderYaml(objects: readonly JsonObject[]): string {
  try {
    return [...yamlTexts(objects)].join("");
  } catch (thrown) {
    throw asFailure(thrown);
  }
}

/** The parts of that text, one for each object. @throws {KustomizeError} TOO_LARGE */
export function* yamlTexts(objects: readonly JsonObject[]): Generator<string, void, undefined> {
  let separator = "";
  for (const object of objects) {
    yield separator + yamlText(object);
    separator = "---\n";
  }
}

function yamlText(object: JsonObject): string {
  try {
    return dumpYaml(object);
  } catch (thrown) {
    throw asFailure(thrown);
  }
}
