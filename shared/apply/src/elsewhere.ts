import { groupOf, type ObjectRef } from "@sluice/api";
import { isObject, type JsonObject } from "@sluice/base";
import { isKubeError, type KubeClient } from "@sluice/kube";

/**
 * Where an object is whose kind is not served in its version: under another version of the same kind; `withheld` if the kind is defined and only not served
 * at present; `gone` if nothing defines it any more, so that there can be no object.
 */
export async function elsewhere(
  ref: ObjectRef,
  { client, signal }: { client: KubeClient; signal: AbortSignal },
): Promise<ObjectRef | "withheld" | "gone"> {
  const group = groupOf(ref.apiVersion);
  const served = (await client.resources({ signal })).find(
    (resource) => resource.group === group && resource.kind === ref.kind,
  );
  if (served) return { ...ref, apiVersion: group === "" ? served.version : `${group}/${served.version}` };
  const definitions = await specsOf(
    client,
    { apiVersion: "apiextensions.k8s.io/v1", kind: "CustomResourceDefinition" },
    signal,
  );
  if (
    definitions.some((spec) => spec["group"] === group && isObject(spec["names"]) && spec["names"]["kind"] === ref.kind)
  )
    return "withheld";
  const services = await specsOf(client, { apiVersion: "apiregistration.k8s.io/v1", kind: "APIService" }, signal);
  return services.some((spec) => spec["group"] === group && isObject(spec["service"])) ? "withheld" : "gone";
}

async function specsOf(
  client: KubeClient,
  kind: { apiVersion: string; kind: string },
  signal: AbortSignal,
): Promise<JsonObject[]> {
  try {
    const { items } = await client.list(kind, { signal });
    return items.flatMap(({ spec }) => (isObject(spec) ? [spec] : []));
  } catch (error) {
    if (isKubeError(error, "KIND_NOT_SERVED", "NOT_FOUND")) return [];
    throw error;
  }
}
