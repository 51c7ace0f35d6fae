import { type KubeObject } from "@sluice/api";
import { type Json, type JsonObject, rfc3339 } from "@sluice/base";
import { type Resource } from "../discovery/resource.ts";
import { identify } from "../registry/identity.ts";
import { answerJson } from "./answer.ts";
import { readObject } from "./body.ts";
import { type ResourceExchange } from "./exchange.ts";

const GROUPS = new Set(["authentication.k8s.io", "authorization.k8s.io"]);

/** True for the resources that are questions: nothing of them is stored. */
export function isReview(resource: Resource): boolean {
  return GROUPS.has(resource.group);
}

/** POST of a question about who the client is or what it may do. Whoever gets so far may do everything. */
export async function handleReview(exchange: ResourceExchange): Promise<void> {
  const { response, resource, target, accepted } = exchange;
  const { value } = await readObject(exchange, resource.kind);
  const object = identify(value, resource, target);
  const { kind, apiVersion, metadata, spec } = object;
  const review = { kind, apiVersion, metadata: metadata as JsonObject, spec, status: answerTo(exchange, object) };
  answerJson(response, review, { httpCode: 201, accepted });
}

function answerTo({ resource, user, server }: ResourceExchange, object: KubeObject): Json {
  switch (resource.kind) {
    case "SelfSubjectReview": {
      object.metadata.creationTimestamp = rfc3339(server.clock.now());
      return { userInfo: userInfo(user) };
    }
    case "TokenReview":
      return { authenticated: false, user: {}, error: "[invalid bearer token]" };
    case "SelfSubjectRulesReview":
      return {
        resourceRules: [{ verbs: ["*"], apiGroups: ["*"], resources: ["*"] }],
        nonResourceRules: [{ verbs: ["*"], nonResourceURLs: ["*"] }],
        incomplete: false,
      };
    default:
      return { allowed: true };
  }
}

function userInfo({ username, uid, groups }: ResourceExchange["user"]): JsonObject {
  return { username, ...(uid !== undefined && { uid }), groups: [...groups] };
}
