import { type ApiServer, ConformanceClient, startApiServer } from "@sluice/api-server";
import { isObject, type JsonObject, systemClock } from "@sluice/base";
import { build, type KubernetesSchema, memoryTree, openApiSchema } from "@sluice/kustomize";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeReal } from "./describe-real.ts";
import { sharedCluster } from "./shared-cluster.ts";

/** A field and a kind that came after Kubernetes 1.21, whose schema kustomize has compiled in. */
const FILES = {
  "kustomization.yaml": `resources: [pod.yaml, policy.yaml]
namespace: shop
patches:
- patch: '{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {schedulingGates: [{name: new}]}}'
`,
  "pod.yaml": "{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {schedulingGates: [{name: old}]}}",
  "policy.yaml": "{apiVersion: admissionregistration.k8s.io/v1, kind: ValidatingAdmissionPolicy, metadata: {name: v}}",
};

/** The schema of a server, from the documents that its index names. */
async function schemaOf(client: ConformanceClient): Promise<KubernetesSchema> {
  const { paths } = (await client.ask("/openapi/v3")).body;
  const urls = Object.values(isObject(paths) ? paths : {}).flatMap((entry) =>
    isObject(entry) && typeof entry["serverRelativeURL"] === "string" ? [entry["serverRelativeURL"]] : [],
  );
  const documents = await Promise.all(urls.map((url) => client.ask(url)));
  return openApiSchema(documents.map(({ body }) => body));
}

function promises(client: () => Promise<ConformanceClient>): void {
  let schema: KubernetesSchema;
  beforeAll(async () => {
    schema = await schemaOf(await client());
  });

  test("a build goes by merge keys and scopes that are newer than kustomize", () => {
    const [pod, policy] = build(memoryTree(FILES), "", { schema }).objects;
    expect(pod).toMatchObject({ spec: { schedulingGates: [{ name: "new" }, { name: "old" }] } });
    expect(policy?.["metadata"]).toEqual({ name: "v" });
  });

  test("fields that kustomize knows have the merge keys that it has compiled in", () => {
    const podSpec = schema.typeOf("apps/v1", "Deployment")?.field("spec")?.field("template")?.field("spec");
    const container = podSpec?.field("containers")?.elements();
    expect(podSpec?.field("containers")?.mergeKeys).toEqual(["name"]);
    expect(podSpec?.field("tolerations")?.mergeKeys).toBeUndefined();
    expect(podSpec?.field("imagePullSecrets")?.mergeKeys).toEqual(["name"]);
    expect(container?.field("ports")?.mergeKeys).toEqual(["containerPort", "protocol"]);
    expect(container?.field("env")?.mergeKeys).toEqual(["name"]);
    expect(schema.isClusterScoped("v1", "Namespace")).toBe(true);
    expect(schema.isClusterScoped("v1", "Pod")).toBe(false);
  });
}

test("without a newer schema, the build is kustomize's", () => {
  const [pod, policy] = build(memoryTree(FILES), "").objects as [JsonObject, JsonObject];
  expect(pod).toMatchObject({ spec: { schedulingGates: [{ name: "new" }] } });
  expect(policy["metadata"]).toEqual({ name: "v", namespace: "shop" });
});

describe("with the schema of the embedded API server", () => {
  let server: ApiServer;
  beforeAll(async () => {
    server = await startApiServer({ clock: systemClock });
  });
  afterAll(() => server[Symbol.asyncDispose]());
  promises(async () => new ConformanceClient(server));
});

await describeReal("with the schema of kube-apiserver", ["etcd", "kube-apiserver", "kubectl"], () => {
  promises(async () => {
    const { url, token, caPem } = await sharedCluster();
    return new ConformanceClient({ url, token, ca: caPem });
  });
});
