import { deepEqual, equal, ok } from "node:assert/strict";
import { isObject, type Json, type JsonObject } from "@sluice/base";
import { cases } from "./lab.ts";

const AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json";

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** What a server says about itself. */
export const discoveryCases = cases("discovery", {
  "the core group has version v1": async ({ client }) => {
    const { body } = await client.ask("/api");
    equal(body["kind"], "APIVersions");
    deepEqual(body["versions"], ["v1"]);
  },
  "the groups name a preferred version": async ({ client }) => {
    const { body } = await client.ask("/apis");
    const groups = body["groups"] as JsonObject[];
    const autoscaling = groups.find((group) => group["name"] === "autoscaling");
    deepEqual(autoscaling?.["preferredVersion"], { groupVersion: "autoscaling/v2", version: "v2" });
    equal((await client.ask("/apis/apps")).body["kind"], "APIGroup");
  },
  "a group version lists its resources and subresources": async ({ client }) => {
    const { body } = await client.ask("/apis/apps/v1");
    equal(body["groupVersion"], "apps/v1");
    const resources = body["resources"] as JsonObject[];
    const deployments = resources.find((resource) => resource["name"] === "deployments");
    deepEqual(deployments?.["shortNames"], ["deploy"]);
    deepEqual(deployments?.["categories"], ["all"]);
    deepEqual(deployments?.["verbs"], [
      "create",
      "delete",
      "deletecollection",
      "get",
      "list",
      "patch",
      "update",
      "watch",
    ]);
    const scale = resources.find((resource) => resource["name"] === "deployments/scale");
    deepEqual(scale, {
      name: "deployments/scale",
      singularName: "",
      namespaced: true,
      group: "autoscaling",
      version: "v1",
      kind: "Scale",
      verbs: ["get", "patch", "update"],
    });
  },
  "aggregated discovery tells everything at once": async ({ client }) => {
    const { body, headers } = await client.ask("/apis", { accept: AGGREGATED });
    equal(body["kind"], "APIGroupDiscoveryList");
    equal(body["apiVersion"], "apidiscovery.k8s.io/v2");
    ok(String(headers["content-type"]).includes("as=APIGroupDiscoveryList"));
    const apps = listOf(body["items"]).find((item) => (item["metadata"] as JsonObject)["name"] === "apps");
    const [served] = listOf(apps?.["versions"]);
    const deployments = listOf(served?.["resources"]).find((resource) => resource["resource"] === "deployments");
    equal(deployments?.["scope"], "Namespaced");
    equal(deployments?.["singularResource"], "deployment");
    deepEqual(deployments?.["responseKind"], { group: "", version: "", kind: "Deployment" });
  },
  "OpenAPI v3 says which parameters a patch takes": async ({ client }) => {
    const index = await client.ask("/openapi/v3");
    const { serverRelativeURL } = (index.body["paths"] as { [name: string]: { serverRelativeURL: string } })[
      "apis/apps/v1"
    ] ?? { serverRelativeURL: "" };
    const { body } = await client.ask(serverRelativeURL);
    const path = (body["paths"] as JsonObject)["/apis/apps/v1/namespaces/{namespace}/deployments/{name}"] as JsonObject;
    const { parameters } = path["patch"] as { parameters: JsonObject[] };
    ok(parameters.some((parameter) => parameter["name"] === "fieldValidation"));
    const schemas = (body["components"] as JsonObject)["schemas"] as JsonObject;
    const kind = schemas["io.k8s.api.apps.v1.Deployment"] as JsonObject;
    deepEqual(kind["x-kubernetes-group-version-kind"], [{ group: "apps", version: "v1", kind: "Deployment" }]);
  },
  "a resource that does not exist is 404": async ({ client }) => {
    const { status, body } = await client.ask("/api/v1/nonsense");
    equal(status, 404);
    equal(body["message"], "the server could not find the requested resource");
    equal((await client.ask("/apis/nonsense.example.com/v1/things")).text, "404 page not found\n");
  },
  "a method that a resource does not have is 405": async (lab) => {
    equal((await lab.client.ask("/api/v1/namespaces", { method: "DELETE" })).status, 405);
    const path = `/api/v1/namespaces/${lab.namespace}/configmaps/a`;
    equal((await lab.client.ask(path, { method: "POST", body: {} })).status, 405);
  },
  "health is plain text": async ({ client }) => {
    for (const path of ["/healthz", "/livez", "/readyz"]) equal((await client.ask(path)).text, "ok");
  },
  "version follows Kubernetes": async ({ client }) => {
    const { body } = await client.ask("/version");
    equal(body["major"], "1");
    ok(String(body["gitVersion"]).startsWith("v1."));
  },
  "who I am and whether I may is answered": async ({ client }) => {
    const review = {
      apiVersion: "authorization.k8s.io/v1",
      kind: "SelfSubjectAccessReview",
      spec: { resourceAttributes: { verb: "get", resource: "pods" } },
    };
    const may = await client.ask("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", {
      method: "POST",
      body: review,
    });
    equal(may.status, 201);
    equal((may.body["status"] as JsonObject)["allowed"], true);
    const who = await client.ask("/apis/authentication.k8s.io/v1/selfsubjectreviews", {
      method: "POST",
      body: { apiVersion: "authentication.k8s.io/v1", kind: "SelfSubjectReview" },
    });
    equal(who.status, 201);
    ok(((who.body["status"] as JsonObject)["userInfo"] as JsonObject)["username"]);
  },
});
