import { optional, record, text, type Decoded } from "./decode.ts";
import { failure } from "./errors.ts";
import { type GeneratorContext } from "./generators.ts";
import { parseManifests } from "./manifests.ts";
import { Resource } from "./resource.ts";

const loose = { ignoreUnknown: true } as const;

/** The fields of an IAMPolicyGenerator. */
export const iamPolicyFields = {
  cloud: text,
  kubernetesService: optional(record({ name: text, namespace: text }, loose)),
  serviceAccount: optional(record({ name: text, projectId: text }, loose)),
};

/**
 * The ServiceAccount that stands for one of Google Cloud.
 * @throws {KustomizeError} GENERATOR_FAILED for another cloud, MANIFEST_INVALID for names that are not plain YAML.
 * @source kustomize api/filters/iampolicygenerator
 */
export function generateServiceAccount(
  given: Decoded<typeof iamPolicyFields>,
  { origin, schema }: GeneratorContext,
): Resource {
  if (given.cloud !== "gke") throw failure("GENERATOR_FAILED", `cloud must be "gke", not "${given.cloud}"`);
  const { name = "", namespace = "" } = given.kubernetesService ?? {};
  const account = given.serviceAccount ?? { name: "", projectId: "" };
  // The reference puts the names into YAML as they stand, so that a number becomes a number.
  const lines = [
    "apiVersion: v1",
    "kind: ServiceAccount",
    "metadata:",
    "  annotations:",
    `    iam.gke.io/gcp-service-account: ${account.name}@${account.projectId}.iam.gserviceaccount.com`,
    `  name: ${name}`,
    ...(namespace === "" ? [] : [`  namespace: ${namespace}`]),
  ];
  const [made, second] = parseManifests(lines.join("\n"), origin.file);
  if (made === undefined || second !== undefined) throw failure("GENERATOR_FAILED", "the names are not plain texts");
  return new Resource(made.value, { origin, schema });
}
