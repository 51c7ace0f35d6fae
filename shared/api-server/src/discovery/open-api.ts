import { createHash } from "node:crypto";
import { type Json, type JsonObject, stringifyJson } from "@sluice/base";
import { definitionsOf } from "../schema/definitions.ts";
import { type Catalog } from "./catalog.ts";
import { customDefinitions } from "./open-api-custom.ts";
import { openApiPaths } from "./open-api-paths.ts";
import { apiVersionOf } from "./resource.ts";

const INFO = { title: "Kubernetes", version: "v1.36" };

/** The OpenAPI documents of what is served, made when they are asked for and kept until what is served changes. */
export class OpenApiDocuments {
  readonly #catalog: Catalog;
  readonly #texts = new Map<string, string>();
  #generation = -1;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
  }

  /** `/openapi/v3`: where each group version's document is. The hash in the address changes with the document. */
  index(): JsonObject {
    const paths: JsonObject = {};
    for (const apiVersion of this.#versions()) {
      const name = documentName(apiVersion);
      const hash = createHash("sha256").update(this.#text(apiVersion)).digest("hex").toUpperCase();
      paths[name] = { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` };
    }
    return { paths };
  }

  /** `/openapi/v3/{name}` with names such as `api/v1` and `apis/apps/v1`, as JSON text; undefined if nothing is served there. */
  document(name: string): string | undefined {
    const apiVersion = this.#versions().find((candidate) => documentName(candidate) === name);
    return apiVersion === undefined ? undefined : this.#text(apiVersion);
  }

  #versions(): string[] {
    const groups = this.#catalog
      .groups()
      .flatMap(({ name, versions }) => versions.map((version) => `${name}/${version}`));
    return ["v1", ...groups];
  }

  #text(apiVersion: string): string {
    if (this.#generation !== this.#catalog.generation) this.#texts.clear();
    this.#generation = this.#catalog.generation;
    const known = this.#texts.get(apiVersion);
    if (known !== undefined) return known;
    const text = stringifyJson(makeDocument(this.#catalog, apiVersion));
    this.#texts.set(apiVersion, text);
    return text;
  }
}

function documentName(apiVersion: string): string {
  return apiVersion.includes("/") ? `apis/${apiVersion}` : `api/${apiVersion}`;
}

function makeDocument(catalog: Catalog, apiVersion: string): JsonObject {
  const resources = catalog.inVersion(apiVersion);
  const custom = resources.filter((resource) => resource.custom !== undefined);
  const schemas: { [name: string]: Json } = { ...definitionsOf(apiVersion) };
  if (custom.length > 0) Object.assign(schemas, customDefinitions(custom));
  const names = definitionNames(schemas);
  const paths = openApiPaths(resources, (apiVersionOfKind, kind) => names.get(`${apiVersionOfKind}/${kind}`));
  return { openapi: "3.0.0", info: INFO, paths, components: { schemas } };
}

/** Full names of the definitions by `apiVersion/kind`. */
function definitionNames(schemas: { readonly [name: string]: Json }): Map<string, string> {
  const names = new Map<string, string>();
  for (const [name, schema] of Object.entries(schemas)) {
    const kinds = (schema as JsonObject)["x-kubernetes-group-version-kind"];
    if (!Array.isArray(kinds) || kinds.length !== 1) continue;
    const { group, version, kind } = kinds[0] as { group: string; version: string; kind: string };
    names.set(`${apiVersionOf({ group, version })}/${kind}`, name);
  }
  return names;
}
