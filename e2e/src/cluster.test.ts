import { afterAll, beforeAll, expect, test } from "vitest";
import { type Cluster, startCluster } from "./cluster.ts";
import { describeReal } from "./describe-real.ts";
import { E2eError } from "./errors.ts";
import { sharedCluster } from "./shared-cluster.ts";

const needs = ["etcd", "kube-apiserver", "kubectl", "kube-controller-manager"] as const;

const configMap = (name: string, value: string) =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name }, data: { key: value } });

await describeReal("the shared cluster", needs, () => {
  test("kubectl creates and reads an object", async () => {
    const cluster = await sharedCluster();
    await using namespace = await cluster.namespace("smoke");
    await cluster.kubectl(["create", "-n", namespace.name, "-f", "-"], { input: configMap("one", "1") });
    const value = await cluster.kubectl([
      "get",
      "-n",
      namespace.name,
      "configmap",
      "one",
      "-o",
      "jsonpath={.data.key}",
    ]);
    expect(value).toBe("1");
  });

  test("server-side apply records the manager and reports another manager's conflict", async () => {
    const cluster = await sharedCluster();
    await using namespace = await cluster.namespace("smoke");
    const apply = (manager: string, value: string) => {
      const args = ["apply", "--server-side", `--field-manager=${manager}`, "-n", namespace.name, "-f", "-"];
      return cluster.kubectl(args, { input: configMap("one", value) });
    };
    await apply("first", "1");
    await expect(apply("second", "2")).rejects.toThrow(/conflict with "first"/);
    const path = "jsonpath={.metadata.managedFields[*].manager}";
    expect(await cluster.kubectl(["get", "-n", namespace.name, "configmap", "one", "-o", path])).toBe("first");
  });

  test("kube-controller-manager makes a Deployment of 0 replicas available", async () => {
    const cluster = await sharedCluster();
    await using namespace = await cluster.namespace("smoke");
    await cluster.kubectl(["create", "-n", namespace.name, "deployment", "web", "--image=web:1", "--replicas=0"]);
    await cluster.kubectl([
      "wait",
      "-n",
      namespace.name,
      "deployment/web",
      "--for=condition=Available",
      "--timeout=30s",
    ]);
  });

  test("every test file reaches the same cluster", async () => {
    const [one, two] = await Promise.all([sharedCluster(), sharedCluster()]);
    expect(one.url).toBe(two.url);
  });
});

await describeReal("a cluster of one's own", needs, (assets) => {
  let cluster: Cluster;
  beforeAll(async () => {
    cluster = await startCluster({ assets: assets() });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  test.each([{ kill: false }, { kill: true }])(
    "objects survive a stop of the API server ($kill: killed)",
    async ({ kill }) => {
      const name = kill ? "killed" : "stopped";
      await cluster.kubectl(["create", "-f", "-"], { input: configMap(name, "kept") });
      const { url, caPem } = cluster;
      await cluster.stopApiServer({ kill });
      await expect(cluster.kubectl(["get", "configmap", name])).rejects.toThrow(/refused/);
      await cluster.startApiServer();
      expect(await cluster.kubectl(["get", "configmap", name, "-o", "jsonpath={.data.key}"])).toBe("kept");
      expect({ url: cluster.url, caPem: cluster.caPem }).toEqual({ url, caPem });
    },
  );

  test("a frozen API server neither answers nor hangs up, and goes on when it is woken", async () => {
    cluster.freezeApiServer(true);
    await expect(cluster.kubectl(["get", "namespaces", "--request-timeout=300ms"])).rejects.toThrow(
      /timeout|deadline/i,
    );
    cluster.freezeApiServer(false);
    expect(await cluster.kubectl(["get", "namespace", "default", "-o", "name"])).toBe("namespace/default\n");
  });

  test("starting a running API server is refused", async () => {
    await expect(cluster.startApiServer()).rejects.toMatchObject({ code: "WRONG_STATE" });
  });

  test("a flag that kube-apiserver does not know fails the start with the end of its log", async () => {
    const start = startCluster({ assets: assets(), apiServerFlags: ["--no-such-flag"] });
    await expect(start).rejects.toThrow(E2eError);
    await expect(start).rejects.toThrow(/unknown flag: --no-such-flag/);
  });
});
