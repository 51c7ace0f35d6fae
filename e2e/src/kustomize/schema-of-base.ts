/** Builds a case as if the schema that a base names joined the compiled-in one, or were not there. */
import { isObject, type JsonObject, parseJson, parseYamlStream, stringifyJson, YamlError } from "@sluice/base";
import { build, KustomizeError, memoryTree, openApiSchema, renderYaml } from "@sluice/kustomize";
import { type Case } from "./case.ts";

const KUSTOMIZATION = /(?:^|\/)(?:kustomization\.ya?ml|Kustomization)$/;

/**
 * What comes of a case in which a base names a schema, if that schema joins the compiled-in one, and if it is not used:
 * outputs, or undefined where the build is refused. Empty if no base names one.
 */
export function outputsWithoutOwnSchema({ files, path }: Case): (string | undefined)[] {
  const schemas = Object.entries(files)
    .filter(([name]) => isOfBase(name, path))
    .flatMap(([name, content]) => schemaNamed(name, { content, files }));
  if (schemas.length === 0) return [];
  const bare = Object.entries(files).map(([name, content]) => [name, withoutSchema(name, content)] as const);
  const tree = memoryTree(Object.fromEntries(bare));
  return [openApiSchema(schemas), openApiSchema([])].map((schema) => {
    try {
      return renderYaml(build(tree, path, { schema }).objects);
    } catch (thrown) {
      if (thrown instanceof KustomizeError) return undefined;
      throw thrown;
    }
  });
}

type Content = string | Uint8Array;

function isOfBase(name: string, path: string): boolean {
  return KUSTOMIZATION.test(name) && name.slice(0, Math.max(0, name.lastIndexOf("/"))) !== path;
}

function schemaNamed(name: string, { content, files }: { content: Content; files: Case["files"] }): JsonObject[] {
  const openapi = Object.entries(fieldsOf(content)).find(([key]) => isOpenapi(key))?.[1];
  const path = isObject(openapi) ? openapi["path"] : undefined;
  const file = typeof path === "string" ? files[name.slice(0, name.lastIndexOf("/") + 1) + path] : undefined;
  const schema = file === undefined ? undefined : parseJson(textOf(file));
  return isObject(schema) ? [schema] : [];
}

function withoutSchema(name: string, content: Content): Content {
  const fields = KUSTOMIZATION.test(name) ? Object.entries(fieldsOf(content)) : [];
  if (!fields.some(([key]) => isOpenapi(key))) return content;
  // A kustomization without any field would be refused, so the field stays and names what is compiled in.
  const changed = fields.map(([key, value]) => [key, isOpenapi(key) ? { version: "v1.21.2" } : value]);
  return stringifyJson(Object.fromEntries(changed) as JsonObject);
}

function isOpenapi(key: string): boolean {
  return key.toLowerCase() === "openapi";
}

/** The fields of a kustomization; none if it does not parse. */
function fieldsOf(content: Content): JsonObject {
  try {
    const value = parseYamlStream(textOf(content), { dialect: "sigs", duplicateKeys: "last" })[0]?.value;
    return isObject(value) ? value : {};
  } catch (thrown) {
    if (thrown instanceof YamlError) return {};
    throw thrown;
  }
}

function textOf(content: Content): string {
  return typeof content === "string" ? content : new TextDecoder().decode(content);
}
