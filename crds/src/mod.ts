/**
 * The CustomResourceDefinitions of every kind that Sluice serves, made from the schemas of the api room. `generate.ts` writes them as
 * YAML files in `manifests`; a test keeps those files current. Imports base and api.
 */
import { crdOf, gitRepository, kustomization } from "@sluice/api";
import { type JsonObject } from "@sluice/base";

/** All CustomResourceDefinitions, by the name of their file. */
export function allCrds(): ReadonlyMap<string, JsonObject> {
  const kinds = [gitRepository, kustomization];
  return new Map(kinds.map((kind) => [`${kind.group}_${kind.plural}.yaml`, crdOf(kind)]));
}
