import { type ObjectMeta } from "@sluice/api";
import { type Resource } from "../discovery/resource.ts";
import { type RegistryContext } from "./context.ts";
import { notFound, qualified, quote, StatusError } from "./status-error.ts";

const NAMESPACES = { group: "", plural: "namespaces" };

/**
 * Refuses to create anything in a namespace that does not exist or is being deleted.
 * @throws {StatusError} 404 or 403.
 */
export function refuseNamespace(
  cx: RegistryContext,
  resource: Resource,
  { name = "", namespace }: Partial<ObjectMeta>,
): void {
  if (!resource.namespaced || namespace === undefined) return;
  const found = cx.store.collection("/namespaces").get(namespace);
  if (!found) throw notFound(NAMESPACES, namespace);
  if (found.object.metadata.deletionTimestamp !== undefined) throw terminatingNamespace(resource, name, namespace);
}

function terminatingNamespace(resource: Resource, name: string, namespace: string): StatusError {
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const message = `${qualified(resource.plural, resource.group)} ${quote(name)} is forbidden: ${why}`;
  const cause = {
    reason: "NamespaceTerminating",
    message: `namespace ${namespace} is being terminated`,
    field: "metadata.namespace",
  };
  return new StatusError("Forbidden", message, {
    httpCode: 403,
    details: {
      ...(name && { name }),
      ...(resource.group && { group: resource.group }),
      kind: resource.plural,
      causes: [cause],
    },
  });
}
