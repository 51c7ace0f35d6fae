import { conditions, interval, lastHandledReconcileAt, localRef, observedGeneration } from "./common.ts";
import { type KubeObject } from "./meta.ts";
import { bool, type Infer, integer, type KindDefinition, list, map, object, oneOf, text, time } from "./schema.ts";

const target = object(
  {},
  {
    annotationSelector: text({ description: "Kubernetes selector on annotations" }),
    group: text({ description: "API group, as an anchored regular expression" }),
    kind: text({ description: "Kind, as an anchored regular expression" }),
    labelSelector: text({ description: "Kubernetes selector on labels" }),
    name: text({ description: "Name, as an anchored regular expression" }),
    namespace: text({ description: "Namespace, as an anchored regular expression" }),
    version: text({ description: "API version, as an anchored regular expression" }),
  },
  { description: "Which objects are meant" },
);

const metadataText = { additional: map(text()) };

const spec = object(
  {
    interval: interval("How often the cluster is compared with the source"),
    prune: bool({ description: "Whether objects that left the source are deleted" }),
    sourceRef: object(
      {
        kind: oneOf(["OCIRepository", "GitRepository", "Bucket", "ExternalArtifact"], {
          description: "Kind of the source",
        }),
        name: text({ description: "Name of the source" }),
      },
      {
        apiVersion: text({ description: "API version of the source" }),
        namespace: text({ description: "Namespace of the source; the Kustomization's own by default" }),
      },
      { description: "Source whose artifact is applied" },
    ),
  },
  {
    buildMetadata: list(oneOf(["originAnnotations", "transformerAnnotations"]), {
      description: "Which of kustomize's build annotations are put on objects",
    }),
    commonMetadata: object(
      {},
      { annotations: metadataText.additional, labels: metadataText.additional },
      { description: "Labels and annotations for every object" },
    ),
    components: list(text(), { description: "Relative paths of kustomize components to include" }),
    decryption: object(
      { provider: oneOf(["sops"], { description: "Decryption provider" }) },
      {
        secretRef: localRef("Secret with the private keys"),
        serviceAccountName: text({ description: "ServiceAccount for cloud key services" }),
      },
      { description: "Decryption of files and Secrets" },
    ),
    deletionPolicy: oneOf(["MirrorPrune", "Delete", "WaitForTermination", "Orphan"], {
      description: "What happens to the objects when the Kustomization is deleted; MirrorPrune by default",
    }),
    dependsOn: list(
      object(
        { name: text({ description: "Name of the Kustomization" }) },
        {
          namespace: text({ description: "Its namespace; the Kustomization's own by default" }),
          readyExpr: text({
            description: "CEL expression over self and dep that replaces the built-in readiness check",
          }),
        },
      ),
      { description: "Kustomizations that must be ready first" },
    ),
    force: bool({ default: false, description: "Whether objects with changed immutable fields are re-created" }),
    healthCheckExprs: list(
      object(
        {
          apiVersion: text({ description: "API version of the custom resource" }),
          current: text({ description: "CEL expression that is true when the object is ready" }),
        },
        {
          failed: text({ description: "CEL expression that is true when the object has failed" }),
          inProgress: text({ description: "CEL expression that is true while the object is being reconciled" }),
          kind: text({ description: "Kind of the custom resource; every kind of the group if absent" }),
        },
      ),
      { description: "Health of custom resources that do not follow kstatus" },
    ),
    healthChecks: list(
      object(
        { kind: text({ description: "Kind of the referent" }), name: text({ description: "Name of the referent" }) },
        {
          apiVersion: text({ description: "API version of the referent; apps/v1 by default" }),
          namespace: text({ description: "Namespace of the referent" }),
        },
      ),
      { description: "Objects whose health is waited for; ignored when wait is true" },
    ),
    ignore: list(object({ paths: list(text(), { description: "JSON pointers" }) }, { target }), {
      description: "Fields that are left to other managers",
    }),
    ignoreMissingComponents: bool({ description: "Whether components whose path does not exist are skipped" }),
    images: list(
      object(
        { name: text({ description: "Image name without tag" }) },
        {
          digest: text({ description: "Digest that replaces the tag" }),
          newName: text({ description: "Name that replaces the original one" }),
          newTag: text({ description: "Tag that replaces the original one" }),
        },
      ),
      { description: "Images to replace" },
    ),
    kubeConfig: object(
      {},
      {
        configMapRef: localRef("ConfigMap that describes the remote cluster"),
        secretRef: object(
          { name: text({ description: "Name of the Secret" }) },
          { key: text({ description: "Key of the kubeconfig; value or value.yaml by default" }) },
          { description: "Secret with the remote cluster's kubeconfig" },
        ),
      },
      {
        description: "Cluster to reconcile on, if not this one",
        "x-kubernetes-validations": [
          {
            rule: "has(self.configMapRef) != has(self.secretRef)",
            message: "exactly one of spec.kubeConfig.configMapRef or spec.kubeConfig.secretRef must be specified",
          },
        ],
      },
    ),
    namePrefix: text({ minLength: 1, maxLength: 200, description: "Prefix of the names of all objects" }),
    nameSuffix: text({ minLength: 1, maxLength: 200, description: "Suffix of the names of all objects" }),
    patches: list(
      object({ patch: text({ description: "Strategic merge patch or JSON 6902 patch, as text" }) }, { target }),
      { description: "Patches on top of the build" },
    ),
    path: text({ description: "Directory of the source to build; its root by default" }),
    postBuild: object(
      {},
      {
        substitute: map(text(), { description: "Variables and their values" }),
        substituteFrom: list(
          object(
            {
              kind: oneOf(["Secret", "ConfigMap"], { description: "Kind of the referent" }),
              name: text({ minLength: 1, maxLength: 253, description: "Name of the referent" }),
            },
            { optional: bool({ default: false, description: "Whether the referent may be missing" }) },
          ),
          { description: "Secrets and ConfigMaps with variables; later ones win" },
        ),
        substituteStrategy: oneOf(["WithVariables", "Always"], { description: "When variables are substituted" }),
      },
      { description: "What happens to the manifests after the build" },
    ),
    retryInterval: interval("Wait after a failure; the interval by default"),
    serviceAccountName: text({ description: "ServiceAccount to impersonate" }),
    suspend: bool({ description: "Stops reconciliation while true" }),
    targetNamespace: text({ minLength: 1, maxLength: 63, description: "Namespace for every object" }),
    timeout: interval("Limit for build, apply and health checks; the interval by default"),
    wait: bool({ description: "Whether the health of every applied object is waited for" }),
  },
  { description: "The wanted state of a Kustomization" },
);

const status = object(
  {},
  {
    conditions,
    history: list(
      object(
        {
          digest: text({ description: "Digest of the built manifests" }),
          firstReconciled: time({ description: "When this digest was first reconciled" }),
          lastReconciled: time({ description: "When this digest was last reconciled" }),
          lastReconciledDuration: text({ description: "How long that took" }),
          lastReconciledStatus: text({ description: "How that ended" }),
          totalReconciliations: integer({ description: "How often this digest was reconciled" }),
        },
        { metadata: map(text(), { description: "Revision and origin revision" }) },
      ),
      { description: "The last reconciled builds, newest first", maxItems: 5 },
    ),
    inventory: object(
      {
        entries: list(
          object(
            {
              id: text({ description: "<namespace>_<name>_<group>_<kind>" }),
              v: text({ description: "API version of the object's kind" }),
            },
            {},
          ),
          { description: "The objects under management" },
        ),
      },
      {},
      { description: "The objects that were applied and not yet pruned" },
    ),
    lastAppliedOriginRevision: text({ description: "Origin revision of what was applied last" }),
    lastAppliedRevision: text({ description: "Revision that was applied last" }),
    lastAttemptedRevision: text({ description: "Revision that was tried last" }),
    lastHandledReconcileAt,
    observedGeneration,
  },
  { description: "The observed state of a Kustomization" },
);

/** What a Kustomization looks like on the wire. */
export type Kustomization = KubeObject & { spec: Infer<typeof spec>; status?: Infer<typeof status> };
export type KustomizationStatus = Infer<typeof status>;

/** kustomize.toolkit.fluxcd.io/v1 Kustomization. @source spec/flux-api.md 1.3 */
export const kustomization: KindDefinition<Infer<typeof spec>, Infer<typeof status>> = {
  group: "kustomize.toolkit.fluxcd.io",
  version: "v1",
  kind: "Kustomization",
  plural: "kustomizations",
  singular: "kustomization",
  shortNames: ["ks"],
  categories: ["all", "fluxcd", "fluxcd-appliers"],
  description: "Kustomization applies the manifests of a source to a cluster",
  spec,
  status,
  printerColumns: [
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Status", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
  ],
};
