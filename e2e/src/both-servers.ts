import { afterAll, beforeAll, describe } from "vitest";
import { describeReal } from "./describe-real.ts";
import { type Lab, type LabOptions, type LabTool, startLab } from "./lab.ts";

const needs: readonly LabTool[] = ["kube-apiserver", "etcd", "kubectl", "kube-controller-manager", "nats-server"];

/**
 * The same scenarios on the embedded API server and on the real one, each with a lab of its own. Tests of one file share the lab and keep
 * apart by namespace.
 */
export async function onBothServers(
  body: (lab: () => Lab) => void,
  options: Omit<LabOptions, "cluster"> = {},
): Promise<void> {
  describe("on the embedded API server", () => body(labOf(() => ({ ...options, cluster: "embedded" }))));
  await describeReal("on kube-apiserver", needs, (assets) =>
    body(labOf(() => ({ ...options, cluster: { real: assets() } }))),
  );
}

/** Starts a lab before the tests of this group and ends it after them. */
function labOf(options: () => LabOptions): () => Lab {
  let lab: Lab | undefined;
  beforeAll(async () => {
    lab = await startLab(options());
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });
  return () => {
    if (!lab) throw new Error("the lab has not started");
    return lab;
  };
}
