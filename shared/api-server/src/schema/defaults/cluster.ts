import { type Defaulter, ensureObject, objectAt, objectsAt, setDefault, setDefaults } from "./set-default.ts";

const RBAC = "rbac.authorization.k8s.io";

const binding: Defaulter = (value) => setDefault(objectAt(value, "roleRef"), "apiGroup", RBAC);

const subject: Defaulter = (value) => {
  if (value["kind"] === "User" || value["kind"] === "Group") setDefault(value, "apiGroup", RBAC);
};

const networkPolicy: Defaulter = (value) => {
  if (Array.isArray(value["policyTypes"]) && value["policyTypes"].length > 0) return;
  value["policyTypes"] = objectsAt(value, "egress").length > 0 ? ["Ingress", "Egress"] : ["Ingress"];
};

const webhook: Defaulter = (value) => {
  setDefaults(value, {
    failurePolicy: "Fail",
    matchPolicy: "Equivalent",
    namespaceSelector: {},
    objectSelector: {},
    timeoutSeconds: 10,
  });
};

const mutatingWebhook: Defaulter = (value) => {
  webhook(value);
  setDefault(value, "reinvocationPolicy", "Never");
};

const matchResources: Defaulter = (value) => {
  setDefaults(value, { matchPolicy: "Equivalent", namespaceSelector: {}, objectSelector: {} });
};

const csiDriver: Defaulter = (value) => {
  setDefaults(value, {
    attachRequired: true,
    podInfoOnMount: false,
    storageCapacity: false,
    fsGroupPolicy: "ReadWriteOnceWithFSType",
    requiresRepublish: false,
    seLinuxMount: false,
  });
  if (value["volumeLifecycleModes"] === undefined) value["volumeLifecycleModes"] = ["Persistent"];
};

const customResourceDefinition: Defaulter = (value) => {
  const spec = objectAt(value, "spec");
  const names = ensureObject(spec, "names");
  const kind = typeof names["kind"] === "string" ? names["kind"] : "";
  if (kind !== "") setDefaults(names, { singular: kind.toLowerCase(), listKind: `${kind}List` });
  if (spec["conversion"] === undefined) spec["conversion"] = { strategy: "None" };
  const status = ensureObject(value, "status");
  const stored = objectsAt(spec, "versions").find((version) => version["storage"] === true);
  const versions = status["storedVersions"];
  if (stored && !(Array.isArray(versions) && versions.length > 0)) status["storedVersions"] = [stored["name"] ?? ""];
};

const endpointPort: Defaulter = (value) => {
  if (value["name"] === undefined) value["name"] = "";
  setDefault(value, "protocol", "TCP");
};

/** Defaults of the groups that describe the cluster, by definition. @source `defaults.go` of each group */
export const clusterDefaults: Readonly<Record<string, Defaulter>> = {
  "rbac.v1.RoleBinding": binding,
  "rbac.v1.ClusterRoleBinding": binding,
  "rbac.v1.Subject": subject,
  "networking.v1.NetworkPolicyPort": (value) => setDefault(value, "protocol", "TCP"),
  "networking.v1.NetworkPolicySpec": networkPolicy,
  "networking.v1.IngressClassParametersReference": (value) => setDefault(value, "scope", "Cluster"),
  "storage.v1.StorageClass": (value) => setDefaults(value, { reclaimPolicy: "Delete", volumeBindingMode: "Immediate" }),
  "storage.v1.CSIDriverSpec": csiDriver,
  "scheduling.v1.PriorityClass": (value) => setDefault(value, "preemptionPolicy", "PreemptLowerPriority"),
  "admissionregistration.v1.ValidatingWebhook": webhook,
  "admissionregistration.v1.MutatingWebhook": mutatingWebhook,
  "admissionregistration.v1.RuleWithOperations": (value) => setDefault(value, "scope", "*"),
  "admissionregistration.v1.NamedRuleWithOperations": (value) => setDefault(value, "scope", "*"),
  "admissionregistration.v1.ServiceReference": (value) => setDefault(value, "port", 443),
  "admissionregistration.v1.ValidatingAdmissionPolicySpec": (value) => setDefault(value, "failurePolicy", "Fail"),
  "admissionregistration.v1.MutatingAdmissionPolicySpec": (value) => setDefault(value, "failurePolicy", "Fail"),
  "admissionregistration.v1.MatchResources": matchResources,
  "discovery.v1.EndpointPort": endpointPort,
  "apiextensions.v1.CustomResourceDefinition": customResourceDefinition,
  "apiextensions.v1.ServiceReference": (value) => setDefault(value, "port", 443),
  "apiregistration.v1.ServiceReference": (value) => setDefault(value, "port", 443),
};
