import { conditionOf, count, current, failed, inProgress, isTrue, type Judge, section, text } from "./types.ts";

export const persistentVolumeClaim: Judge = (object) => {
  const phase = text(section(object, "status")["phase"]);
  return phase === "Bound" ? current("PVC is Bound") : inProgress(`PVC is not Bound. phase: ${phase || "unknown"}`);
};

export const service: Judge = (object) => {
  const spec = section(object, "spec");
  if (spec["type"] !== "LoadBalancer" || text(spec["clusterIP"]) !== "") return current("Service is ready");
  return inProgress("ClusterIP not set. Service type: LoadBalancer");
};

export const podDisruptionBudget: Judge = (object) => {
  const status = section(object, "status");
  if (status["observedGeneration"] === undefined) return inProgress("Controller has not observed the PDB yet");
  const [healthy, wanted] = [count(status["currentHealthy"]), count(status["desiredHealthy"])];
  const blocked = conditionOf(object, "DisruptionAllowed");
  const facts = `AllowedDisruptions: ${count(status["disruptionsAllowed"])}, healthy: ${healthy}/${wanted}`;
  return blocked?.reason === "SyncFailed" ? inProgress(blocked.message) : current(facts);
};

export const customResourceDefinition: Judge = (object) => {
  const names = conditionOf(object, "NamesAccepted");
  if (names?.status === "False") return failed(names.message || "CRD names were not accepted");
  if (isTrue(object, "Established")) return current("CRD is established");
  const established = conditionOf(object, "Established");
  if (established?.status === "False" && established.reason !== "Installing") return failed(established.message);
  return inProgress("Install in progress");
};

export const namespace: Judge = (object) => {
  const phase = text(section(object, "status")["phase"]);
  return phase === "Terminating"
    ? { status: "Terminating", message: "Namespace is being deleted" }
    : current("Namespace is active");
};
