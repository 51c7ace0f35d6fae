import { type KubeObject } from "@sluice/api";
import { type Catalog } from "../discovery/catalog.ts";
import { namesOf, specOf } from "./custom-resources.ts";

/** Why a definition's names cannot be taken, in the API server's words; undefined if they can. */
export function nameConflict(catalog: Catalog, definition: KubeObject): string | undefined {
  const names = namesOf(definition);
  const group = specOf(definition)["group"];
  const others = catalog
    .all()
    .filter((resource) => resource.group === group && resource.custom?.definition !== definition.metadata.name);
  const words = new Set(others.flatMap(({ plural, singular, shortNames }) => [plural, singular, ...shortNames]));
  const kinds = new Set(others.flatMap(({ kind, listKind }) => [kind, listKind]));
  const resourceName = [names.plural, names.singular, ...names.shortNames].find((name) => words.has(name));
  if (resourceName !== undefined) return `${JSON.stringify(resourceName)} is already in use`;
  const kind = [names.kind, names.listKind].find((name) => kinds.has(name));
  return kind === undefined ? undefined : `${JSON.stringify(kind)} is already in use`;
}
