import { type JsonObject } from "@sluice/base";
import { type Defaulter, ensureObject, objectAt, objectsAt, setDefault, setDefaults } from "./set-default.ts";

const deployment: Defaulter = (value) => {
  setDefaults(value, { replicas: 1, revisionHistoryLimit: 10, progressDeadlineSeconds: 600 });
  const strategy = ensureObject(value, "strategy");
  setDefault(strategy, "type", "RollingUpdate");
  if (strategy["type"] !== "RollingUpdate") return;
  setDefaults(ensureObject(strategy, "rollingUpdate"), { maxUnavailable: "25%", maxSurge: "25%" });
};

const daemonSet: Defaulter = (value) => {
  setDefault(value, "revisionHistoryLimit", 10);
  const strategy = ensureObject(value, "updateStrategy");
  setDefault(strategy, "type", "RollingUpdate");
  if (strategy["type"] !== "RollingUpdate") return;
  setDefaults(ensureObject(strategy, "rollingUpdate"), { maxUnavailable: 1, maxSurge: 0 });
};

export const TEMPLATE_GENERATION = "deprecated.daemonset.template.generation";

/** The generation of a DaemonSet's template lives in an annotation since its field was removed. */
const templateGeneration: Defaulter = (value) => {
  setDefault(ensureObject(ensureObject(value, "metadata"), "annotations"), TEMPLATE_GENERATION, "1");
};

const statefulSet: Defaulter = (value) => {
  setDefaults(value, { podManagementPolicy: "OrderedReady", replicas: 1, revisionHistoryLimit: 10 });
  const strategy = ensureObject(value, "updateStrategy");
  if (!strategy["type"]) {
    strategy["type"] = "RollingUpdate";
    ensureObject(strategy, "rollingUpdate");
  }
  const rolling = strategy["rollingUpdate"];
  if (strategy["type"] === "RollingUpdate" && rolling) setDefaults(rolling as JsonObject, { partition: 0 });
  setDefaults(ensureObject(value, "persistentVolumeClaimRetentionPolicy"), {
    whenDeleted: "Retain",
    whenScaled: "Retain",
  });
  for (const claim of objectsAt(value, "volumeClaimTemplates")) {
    claim["apiVersion"] = "v1";
    claim["kind"] = "PersistentVolumeClaim";
  }
};

const MOST_RETRIES = 2 ** 31 - 1;

const job: Defaulter = (value) => {
  const spec = objectAt(value, "spec");
  if (spec["completions"] === undefined && spec["parallelism"] === undefined) spec["completions"] = 1;
  setDefaults(spec, {
    parallelism: 1,
    backoffLimit: spec["backoffLimitPerIndex"] === undefined ? 6 : MOST_RETRIES,
    completionMode: "NonIndexed",
    suspend: false,
    podReplacementPolicy: spec["podFailurePolicy"] === undefined ? "TerminatingOrFailed" : "Failed",
    manualSelector: false,
  });
  const metadata = objectAt(value, "metadata");
  const labels = objectAt(objectAt(objectAt(spec, "template"), "metadata"), "labels");
  if (Object.keys(objectAt(metadata, "labels")).length === 0 && Object.keys(labels).length > 0)
    metadata["labels"] = { ...labels };
};

const cronJob: Defaulter = (value) => {
  setDefaults(value, {
    concurrencyPolicy: "Allow",
    suspend: false,
    successfulJobsHistoryLimit: 3,
    failedJobsHistoryLimit: 1,
  });
};

const cpuAtEighty = (): JsonObject => ({
  type: "Resource",
  resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } },
});

const autoscaler: Defaulter = (value) => {
  setDefault(value, "minReplicas", 1);
  if (objectsAt(value, "metrics").length === 0) value["metrics"] = [cpuAtEighty()];
};

const autoscalerBehavior: Defaulter = (value) => {
  setDefaults(ensureObject(value, "scaleUp"), {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies: [
      { type: "Pods", value: 4, periodSeconds: 15 },
      { type: "Percent", value: 100, periodSeconds: 15 },
    ],
  });
  setDefaults(ensureObject(value, "scaleDown"), {
    selectPolicy: "Max",
    policies: [{ type: "Percent", value: 100, periodSeconds: 15 }],
  });
};

/** Defaults of `apps`, `batch` and `autoscaling`, by definition. @source `k8s.io/kubernetes/pkg/apis/{apps,batch,autoscaling}` defaults.go */
export const workloadDefaults: Readonly<Record<string, Defaulter>> = {
  "apps.v1.DeploymentSpec": deployment,
  "apps.v1.DaemonSet": templateGeneration,
  "apps.v1.DaemonSetSpec": daemonSet,
  "apps.v1.StatefulSetSpec": statefulSet,
  "apps.v1.ReplicaSetSpec": (value) => setDefault(value, "replicas", 1),
  "batch.v1.Job": job,
  "batch.v1.CronJobSpec": cronJob,
  "batch.v1.PodFailurePolicyOnPodConditionsPattern": (value) => setDefault(value, "status", "True"),
  "autoscaling.v1.HorizontalPodAutoscalerSpec": (value) => setDefault(value, "minReplicas", 1),
  "autoscaling.v2.HorizontalPodAutoscalerSpec": autoscaler,
  "autoscaling.v2.HorizontalPodAutoscalerBehavior": autoscalerBehavior,
};
