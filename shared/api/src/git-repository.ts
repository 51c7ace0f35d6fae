import {
  artifact,
  conditions,
  interval,
  lastHandledReconcileAt,
  localRef,
  observedGeneration,
  shortDuration,
} from "./common.ts";
import { type KubeObject } from "./meta.ts";
import { bool, type Infer, type KindDefinition, list, object, oneOf, text } from "./schema.ts";

const include = list(
  object(
    { repository: localRef("GitRepository whose artifact is included") },
    {
      fromPath: text({ description: "Directory of the included artifact to copy; its root by default" }),
      toPath: text({ description: "Directory to copy it to; the repository's name by default" }),
    },
  ),
);

const spec = object(
  {
    interval: interval("How often the remote is asked for changes"),
    url: text({ pattern: "^(http|https|ssh)://.*$", description: "Address of the Git repository" }),
  },
  {
    ignore: text({ description: "Patterns in the format of .gitignore that leave files out of the artifact" }),
    include: {
      openApi: { ...include.openApi, description: "Artifacts of other GitRepositories to merge into this one" },
    } as typeof include,
    provider: oneOf(["generic", "aws", "azure", "github"], {
      description: "Authentication provider; generic by default",
    }),
    proxySecretRef: localRef("Secret with the proxy's address and credentials"),
    recurseSubmodules: bool({ description: "Whether submodules are included" }),
    ref: object(
      {},
      {
        branch: text({ description: "Branch to follow; master by default" }),
        commit: text({ description: "Commit to check out; takes precedence over every other reference" }),
        name: text({ description: "Full name of the reference to follow, such as refs/pull/420/head" }),
        semver: text({ description: "Range of semantic versions; the highest matching tag is followed" }),
        tag: text({ description: "Tag to follow; takes precedence over semver and branch" }),
      },
      { description: "Reference to follow" },
    ),
    secretRef: localRef("Secret with credentials: username and password, bearerToken, or identity and known_hosts"),
    serviceAccountName: text({ description: "ServiceAccount for workload identity" }),
    sparseCheckout: list(text(), { description: "Directories to take instead of the whole tree" }),
    suspend: bool({ description: "Stops reconciliation while true" }),
    timeout: shortDuration("Limit for one Git operation", "60s"),
    verify: object(
      { secretRef: localRef("Secret with the public keys of trusted authors") },
      {
        mode: oneOf(["head", "HEAD", "Tag", "TagAndHEAD"], {
          default: "HEAD",
          description: "Which objects' signatures are verified",
        }),
      },
      { description: "Verification of signatures" },
    ),
  },
  {
    description: "The wanted state of a GitRepository",
    "x-kubernetes-validations": [
      {
        rule: "!has(self.serviceAccountName) || (has(self.provider) && self.provider in ['azure', 'aws'])",
        message: "serviceAccountName can only be set when provider is 'azure' or 'aws'",
      },
    ],
  },
);

const status = object(
  {},
  {
    artifact,
    conditions,
    includedArtifacts: list(artifact, { description: "Artifacts merged into this one, in the order of spec.include" }),
    lastHandledReconcileAt,
    observedGeneration,
    observedIgnore: text({ description: "The spec.ignore that the artifact was made with" }),
    observedInclude: {
      openApi: { ...include.openApi, description: "The spec.include that the artifact was made with" },
    } as typeof include,
    observedRecurseSubmodules: bool({ description: "The spec.recurseSubmodules that the artifact was made with" }),
    observedSparseCheckout: list(text(), { description: "The spec.sparseCheckout that the artifact was made with" }),
    sourceVerificationMode: oneOf(["head", "HEAD", "Tag", "TagAndHEAD"], {
      description: "The spec.verify.mode that was used last",
    }),
  },
  { description: "The observed state of a GitRepository" },
);

/** What a GitRepository looks like on the wire. */
export type GitRepository = KubeObject & { spec: Infer<typeof spec>; status?: Infer<typeof status> };

/** source.toolkit.fluxcd.io/v1 GitRepository. @source spec/flux-api.md 1.1 */
export const gitRepository: KindDefinition<Infer<typeof spec>, Infer<typeof status>> = {
  group: "source.toolkit.fluxcd.io",
  version: "v1",
  kind: "GitRepository",
  plural: "gitrepositories",
  singular: "gitrepository",
  shortNames: ["gitrepo"],
  categories: ["all", "fluxcd", "fluxcd-sources"],
  description: "GitRepository produces an artifact from a revision of a Git repository",
  spec,
  status,
  printerColumns: [
    { name: "URL", type: "string", jsonPath: ".spec.url" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
    { name: "Ready", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].status' },
    { name: "Status", type: "string", jsonPath: '.status.conditions[?(@.type=="Ready")].message' },
  ],
};
