import { type KubeObject } from "@sluice/api";
import { equalJson, type JsonObject } from "@sluice/base";
import { objectAt, objectsAt } from "../defaults/set-default.ts";
import { type Faults } from "./faults.ts";
import { dnsSubdomain, pathSegment } from "./names.ts";

const RBAC = "rbac.authorization.k8s.io";

/** @source `k8s.io/kubernetes/pkg/apis/rbac/validation` */
export function checkRole(faults: Faults, role: KubeObject): void {
  for (const [index, rule] of objectsAt(role, "rules").entries())
    checkRule(faults, rule, { at: `rules[${index}]`, namespaced: true });
}

export function checkClusterRole(faults: Faults, role: KubeObject): void {
  for (const [index, rule] of objectsAt(role, "rules").entries())
    checkRule(faults, rule, { at: `rules[${index}]`, namespaced: false });
}

function countOf(rule: JsonObject, key: string): number {
  const list = rule[key];
  return Array.isArray(list) ? list.length : 0;
}

function checkRule(faults: Faults, rule: JsonObject, { at, namespaced }: { at: string; namespaced: boolean }): void {
  if (countOf(rule, "verbs") === 0) faults.required(`${at}.verbs`, "verbs must contain at least one value");
  if (countOf(rule, "nonResourceURLs") > 0) {
    const urls = rule["nonResourceURLs"];
    if (namespaced) faults.invalid(`${at}.nonResourceURLs`, urls, "namespaced rules cannot apply to non-resource URLs");
    if (["apiGroups", "resources", "resourceNames"].some((key) => countOf(rule, key) > 0)) {
      faults.invalid(
        `${at}.nonResourceURLs`,
        urls,
        "rules cannot apply to both regular resources and non-resource URLs",
      );
    }
    return;
  }
  if (countOf(rule, "apiGroups") === 0)
    faults.required(`${at}.apiGroups`, "resource rules must supply at least one api group");
  if (countOf(rule, "resources") === 0)
    faults.required(`${at}.resources`, "resource rules must supply at least one resource");
}

export function checkRoleBinding(faults: Faults, binding: KubeObject, old: KubeObject | undefined): void {
  checkBinding(faults, binding, old, ["Role", "ClusterRole"]);
}

export function checkClusterRoleBinding(faults: Faults, binding: KubeObject, old: KubeObject | undefined): void {
  checkBinding(faults, binding, old, ["ClusterRole"]);
}

function checkBinding(
  faults: Faults,
  binding: KubeObject,
  old: KubeObject | undefined,
  kinds: readonly string[],
): void {
  const role = objectAt(binding, "roleRef");
  faults.oneOf("roleRef.apiGroup", role["apiGroup"] ?? "", [RBAC]);
  faults.oneOf("roleRef.kind", role["kind"] ?? "", kinds);
  if (!role["name"]) faults.required("roleRef.name");
  else faults.named("roleRef.name", role["name"], pathSegment);
  const isCluster = kinds.length === 1;
  for (const [index, subject] of objectsAt(binding, "subjects").entries()) {
    checkSubject(faults, subject, { at: `subjects[${index}]`, isCluster });
  }
  if (old && !equalJson(role, old["roleRef"])) faults.invalid("roleRef", role, "cannot change roleRef");
}

function checkSubject(
  faults: Faults,
  subject: JsonObject,
  { at, isCluster }: { at: string; isCluster: boolean },
): void {
  const { kind, name, apiGroup } = subject;
  if (!name) faults.required(`${at}.name`);
  switch (String(kind)) {
    case "ServiceAccount":
      if (name) faults.named(`${at}.name`, name, dnsSubdomain);
      if (apiGroup) faults.unsupported(`${at}.apiGroup`, apiGroup, [""]);
      if (isCluster && !subject["namespace"]) faults.required(`${at}.namespace`);
      break;
    case "User":
    case "Group":
      if (apiGroup !== RBAC) faults.unsupported(`${at}.apiGroup`, apiGroup, [RBAC]);
      break;
    default:
      faults.unsupported(`${at}.kind`, kind, ["ServiceAccount", "User", "Group"]);
  }
}
