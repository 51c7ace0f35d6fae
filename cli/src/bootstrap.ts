import { type KubeObject } from "@sluice/api";
import { type KubeClient } from "@sluice/kube";
import { allCrds } from "@sluice/crds";

/** Namespace and name of what `sluice up` creates, the same that `flux bootstrap` uses. */
export const SYSTEM = "flux-system";
const MANAGER = "sluice-up";

/** Which revision of a source is followed: a branch, or a commit if none is checked out. */
export type Following = { branch: string } | { commit: string };

/** What is reconciled. */
export interface Entry {
  url: string;
  ref: Following;
  path: string;
}

/** Installs the CustomResourceDefinitions, and the GitRepository and Kustomization that everything else comes from. */
export async function bootstrap(client: KubeClient, entry: Entry, signal: AbortSignal): Promise<void> {
  const options = { fieldManager: MANAGER, force: true, signal };
  await Promise.all([...allCrds().values()].map((crd) => client.apply(crd as KubeObject, options)));
  client.invalidateDiscovery();
  await client.apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: SYSTEM } }, options);
  for (const object of entryObjects(entry)) await client.apply(object, options);
}

function entryObjects({ url, ref, path }: Entry): KubeObject[] {
  const metadata = { name: SYSTEM, namespace: SYSTEM };
  return [
    { apiVersion: "source.toolkit.fluxcd.io/v1", kind: "GitRepository", metadata, spec: { interval: "1m", url, ref } },
    {
      apiVersion: "kustomize.toolkit.fluxcd.io/v1",
      kind: "Kustomization",
      metadata,
      spec: {
        interval: "10m",
        path: `./${path}`,
        prune: true,
        sourceRef: { kind: "GitRepository", name: SYSTEM },
      },
    },
  ];
}
