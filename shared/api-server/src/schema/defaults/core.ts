import { type JsonObject, isObject } from "@sluice/base";
import { formatQuantity, parseQuantity, roundedToMilli } from "../quantity.ts";
import { type Defaulter, ensureObject, objectAt, objectsAt, setDefault, setDefaults } from "./set-default.ts";

/** The tag that a container image's name means: `latest` if it says neither tag nor digest. */
function imageTag(image: string): string {
  const [name = "", digest] = image.split("@");
  const tag = /:([^/:]*)$/.exec(name)?.[1];
  if (tag !== undefined) return tag;
  return digest === undefined ? "latest" : "";
}

const pullPolicy = (image: unknown): string =>
  typeof image === "string" && imageTag(image) === "latest" ? "Always" : "IfNotPresent";

const container: Defaulter = (value) => {
  setDefaults(value, {
    imagePullPolicy: pullPolicy(value["image"] ?? ""),
    terminationMessagePath: "/dev/termination-log",
    terminationMessagePolicy: "File",
  });
  const resources = objectAt(value, "resources");
  for (const key of ["limits", "requests"]) roundUp(objectAt(resources, key));
};

/** Resources are kept to a thousandth. */
function roundUp(list: JsonObject): void {
  for (const key of Object.keys(list)) {
    const quantity = parseQuantity(String(list[key]));
    if (quantity) list[key] = formatQuantity(roundedToMilli(quantity));
  }
}

const pod: Defaulter = (value) => {
  const spec = objectAt(value, "spec");
  const containers = [...objectsAt(spec, "containers"), ...objectsAt(spec, "initContainers")];
  for (const one of containers) requestsFromLimits(objectAt(one, "resources"));
  if (spec["enableServiceLinks"] === undefined) spec["enableServiceLinks"] = true;
  if (spec["hostNetwork"] === true) hostPorts(containers);
  setDefault(ensureObject(value, "status"), "phase", "Pending");
};

function requestsFromLimits(resources: JsonObject): void {
  const limits = resources["limits"];
  if (!isObject(limits)) return;
  const requests = ensureObject(resources, "requests");
  for (const key of Object.keys(limits)) if (!Object.hasOwn(requests, key)) requests[key] = limits[key];
}

const podSpec: Defaulter = (value) => {
  setDefaults(value, {
    dnsPolicy: "ClusterFirst",
    restartPolicy: "Always",
    schedulerName: "default-scheduler",
    securityContext: {},
    terminationGracePeriodSeconds: 30,
  });
  mirrorServiceAccount(value);
};

/** `serviceAccount` is the old name of `serviceAccountName`; Go keeps both alike. */
function mirrorServiceAccount(spec: JsonObject): void {
  const name = spec["serviceAccountName"] || spec["serviceAccount"];
  if (typeof name !== "string" || name === "") return;
  spec["serviceAccountName"] = name;
  spec["serviceAccount"] = name;
}

function hostPorts(containers: readonly JsonObject[]): void {
  for (const one of containers) {
    for (const port of objectsAt(one, "ports")) if (!port["hostPort"]) port["hostPort"] = port["containerPort"];
  }
}

const probe: Defaulter = (value) => {
  setDefaults(value, { timeoutSeconds: 1, periodSeconds: 10, successThreshold: 1, failureThreshold: 3 });
};

const volume: Defaulter = (value) => {
  const sources = Object.keys(value).filter((key) => key !== "name" && value[key] !== undefined);
  if (sources.length === 0) value["emptyDir"] = {};
  const image = value["image"];
  if (isObject(image)) setDefault(image, "pullPolicy", pullPolicy(image["reference"]));
};

const service: Defaulter = (value) => {
  const spec = objectAt(value, "spec");
  setDefaults(spec, { sessionAffinity: "None", type: "ClusterIP" });
  sessionAffinity(spec);
  for (const port of objectsAt(spec, "ports")) {
    setDefault(port, "protocol", "TCP");
    if (port["targetPort"] === 0 || port["targetPort"] === "" || port["targetPort"] === undefined)
      port["targetPort"] = port["port"];
  }
  trafficPolicies(spec);
};

function sessionAffinity(spec: JsonObject): void {
  if (spec["sessionAffinity"] === "None") delete spec["sessionAffinityConfig"];
  if (spec["sessionAffinity"] !== "ClientIP") return;
  const clientIP = objectAt(objectAt(spec, "sessionAffinityConfig"), "clientIP");
  if (clientIP["timeoutSeconds"] === undefined) spec["sessionAffinityConfig"] = { clientIP: { timeoutSeconds: 10800 } };
}

function trafficPolicies(spec: JsonObject): void {
  const type = spec["type"];
  const externalIPs = spec["externalIPs"];
  const isExternal =
    type === "NodePort" ||
    type === "LoadBalancer" ||
    (type === "ClusterIP" && Array.isArray(externalIPs) && externalIPs.length > 0);
  if (isExternal) setDefault(spec, "externalTrafficPolicy", "Cluster");
  if (type === "NodePort" || type === "LoadBalancer" || type === "ClusterIP")
    setDefault(spec, "internalTrafficPolicy", "Cluster");
  if (type === "LoadBalancer" && spec["allocateLoadBalancerNodePorts"] === undefined)
    spec["allocateLoadBalancerNodePorts"] = true;
}

const serviceStatus: Defaulter = (value) => {
  if (objectAt(value, "spec")["type"] !== "LoadBalancer") return;
  const balancer = objectAt(objectAt(value, "status"), "loadBalancer");
  for (const ingress of objectsAt(balancer, "ingress")) if (ingress["ip"]) setDefault(ingress, "ipMode", "VIP");
};

/** Write-only plain text becomes data, as Go's conversion does. */
const secret: Defaulter = (value) => {
  const plain = value["stringData"];
  if (isObject(plain)) {
    const data = ensureObject(value, "data");
    for (const key of Object.keys(plain)) data[key] = Buffer.from(String(plain[key])).toString("base64");
    delete value["stringData"];
  }
  setDefault(value, "type", "Opaque");
};

const namespace: Defaulter = (value) => {
  const metadata = objectAt(value, "metadata");
  const name = metadata["name"];
  if (typeof name === "string" && name !== "") ensureObject(metadata, "labels")["kubernetes.io/metadata.name"] = name;
};

const replicationController: Defaulter = (value) => {
  const spec = objectAt(value, "spec");
  const labels = objectAt(objectAt(objectAt(spec, "template"), "metadata"), "labels");
  if (Object.keys(labels).length === 0) return;
  if (Object.keys(objectAt(spec, "selector")).length === 0) spec["selector"] = { ...labels };
  const metadata = objectAt(value, "metadata");
  if (Object.keys(objectAt(metadata, "labels")).length === 0) metadata["labels"] = { ...labels };
};

const limitRangeItem: Defaulter = (value) => {
  if (value["type"] !== "Container") return;
  const defaults = { ...objectAt(value, "max"), ...objectAt(value, "default") };
  const requests = { ...objectAt(value, "min"), ...defaults, ...objectAt(value, "defaultRequest") };
  if (Object.keys(defaults).length > 0) value["default"] = defaults;
  if (Object.keys(requests).length > 0) value["defaultRequest"] = requests;
};

/** Defaults of `v1`, by the struct that has them. @source `k8s.io/kubernetes/pkg/apis/core/v1/defaults.go` */
export const coreDefaults: Readonly<Record<string, Defaulter>> = {
  Pod: pod,
  PodSpec: podSpec,
  Container: container,
  EphemeralContainer: container,
  Probe: probe,
  HTTPGetAction: (value) => setDefaults(value, { path: "/", scheme: "HTTP" }),
  Volume: volume,
  HostPathVolumeSource: (value) => {
    if (value["type"] === undefined) value["type"] = "";
  },
  SecretVolumeSource: (value) => setDefault(value, "defaultMode", 0o644),
  ConfigMapVolumeSource: (value) => setDefault(value, "defaultMode", 0o644),
  DownwardAPIVolumeSource: (value) => setDefault(value, "defaultMode", 0o644),
  ProjectedVolumeSource: (value) => setDefault(value, "defaultMode", 0o644),
  ServiceAccountTokenProjection: (value) => setDefault(value, "expirationSeconds", 3600),
  ObjectFieldSelector: (value) => setDefault(value, "apiVersion", "v1"),
  Service: (value) => {
    service(value);
    serviceStatus(value);
  },
  Secret: secret,
  Namespace: namespace,
  NamespaceStatus: (value) => setDefault(value, "phase", "Active"),
  PersistentVolume: (value) => setDefault(ensureObject(value, "status"), "phase", "Pending"),
  PersistentVolumeSpec: (value) =>
    setDefaults(value, { persistentVolumeReclaimPolicy: "Retain", volumeMode: "Filesystem" }),
  PersistentVolumeClaim: (value) => setDefault(ensureObject(value, "status"), "phase", "Pending"),
  PersistentVolumeClaimSpec: (value) => setDefault(value, "volumeMode", "Filesystem"),
  EndpointPort: (value) => setDefault(value, "protocol", "TCP"),
  ReplicationController: replicationController,
  ReplicationControllerSpec: (value) => setDefault(value, "replicas", 1),
  LimitRangeItem: limitRangeItem,
};
