import { type KubeObject } from "@sluice/api";
import { type ApplyLab, applyLab, owned } from "@sluice/testkit";
import { expect, test } from "vitest";

const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: "default", name: "web" };

function deployment(
  app: string,
  more: { replicas?: number; annotations?: { [key: string]: string } } = {},
): KubeObject {
  const { replicas = 0, annotations = {} } = more;
  const template = { metadata: { labels: { app } }, spec: { containers: [{ name: "c", image: "i" }] } };
  const metadata = { name: "web", namespace: "default", annotations };
  return owned({
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata,
    spec: { replicas, selector: { matchLabels: { app } }, template },
  });
}

const uid = async (lab: ApplyLab) => (await lab.others.get(ref)).metadata.uid;

test("without force an immutable field is an error that names it, and the object stays", async () => {
  await using lab = await applyLab();
  await lab.apply([deployment("a")]);
  const before = await uid(lab);
  await expect(lab.apply([deployment("b")])).rejects.toThrow(
    /Deployment\/default\/web dry-run failed \(Invalid\).*spec\.selector.*immutable/s,
  );
  expect(await uid(lab)).toBe(before);
});

test.each([
  ["spec.force", { force: true }, {}],
  ["the object's annotation", {}, { annotations: { "kustomize.toolkit.fluxcd.io/force": "Enabled" } }],
])("with %s an object with a changed immutable field is created again", async (_, request, more) => {
  await using lab = await applyLab();
  await lab.apply([deployment("a")]);
  const before = await uid(lab);
  const { changes } = await lab.apply([deployment("b", more)], request);
  expect(changes.map(({ action }) => action)).toEqual(["created"]);
  expect(await uid(lab)).not.toBe(before);
  expect(lab.drifts).toEqual([]);
});

test("force deletes nothing if the new content would not be accepted either", async () => {
  await using lab = await applyLab();
  await lab.apply([deployment("a")]);
  const before = await uid(lab);
  await expect(lab.apply([deployment("b", { replicas: -1 })], { force: true })).rejects.toThrow(/replicas/);
  await expect(lab.apply([deployment("a", { replicas: -1 })], { force: true })).rejects.toThrow(/replicas/);
  expect(await uid(lab)).toBe(before);
  expect(lab.sent().filter((call) => call.startsWith("delete"))).toEqual([]);
});

const claim = (size: string): KubeObject =>
  owned({
    ...{ apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: "data", namespace: "default" } },
    spec: { accessModes: [size], resources: { requests: { storage: "1Gi" } } },
  });

test("force never deletes a volume claim that does not ask for it itself", async () => {
  await using lab = await applyLab();
  await lab.apply([claim("ReadWriteOnce")]);
  await expect(lab.apply([claim("ReadWriteMany")], { force: true })).rejects.toMatchObject({ code: "REFUSED" });
  expect(lab.sent().filter((call) => call.startsWith("delete"))).toEqual([]);
});
