import { isObject, ownKey, type JsonObject } from "@sluice/base";
import { CLUSTER_SCOPE, effectiveNamespace, splitApiVersion } from "./identity.ts";
import { compiledInSchema } from "./kubernetes-schema.ts";
import { textOf } from "./node.ts";

/** An object of a build and the name of the file that it gets when each object has one of its own. */
export interface OutputFile {
  name: string;
  object: JsonObject;
}

/**
 * The files that `kustomize build -o DIR` writes: `<group>_<version>_<kind>_<name>.yaml` in lower case, with the namespace
 * before it if the objects are of several. As there, of two objects with one file name the last wins. Scopes are those of
 * the compiled-in schema, whatever schema the build brought.
 * @source kustomize kustomize/commands/build `Writer`
 */
export function outputFiles(objects: readonly JsonObject[]): OutputFile[] {
  const schema = compiledInSchema();
  const placed = objects.map((object) => {
    const [apiVersion, kind] = [textOf(ownKey(object, "apiVersion")), textOf(ownKey(object, "kind"))];
    const metadata = ownKey(object, "metadata");
    const [name, namespace] = ["name", "namespace"].map((key) =>
      textOf(isObject(metadata) ? ownKey(metadata, key) : ""),
    );
    const { group, version } = splitApiVersion(apiVersion);
    const file = `${[group, version, kind].filter((part) => part !== "").join("_")}_${name}.yaml`.toLowerCase();
    return { object, file, namespace: effectiveNamespace(namespace ?? "", schema.isClusterScoped(apiVersion, kind)) };
  });
  const namespaces = new Set(placed.map(({ namespace }) => namespace));
  namespaces.delete(CLUSTER_SCOPE);
  return placed.map(({ object, file, namespace }) => {
    const isBare = namespaces.size <= 1 || namespace === CLUSTER_SCOPE;
    return { object, name: isBare ? file : `${namespace.toLowerCase()}_${file}` };
  });
}
