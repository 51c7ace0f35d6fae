import { aggregated, coreVersions, groupList, oneGroup, resourceList } from "../discovery/documents.ts";
import { unknownResource } from "../registry/status-error.ts";
import { type Accepted, negotiate } from "./accept.ts";
import { answerJson, answerPlain, answerText } from "./answer.ts";
import { type Exchange } from "./exchange.ts";
import { versionInfo } from "./version.ts";

/** `/api/v1`, `/apis/{group}/{version}`: the resources there. */
export function handleDiscovery(exchange: Exchange, apiVersion: string): void {
  const list = resourceList(exchange.server.catalog, apiVersion);
  if (list) answerJson(exchange.response, list, { accepted: negotiate(exchange.request.headers.accept) });
  else answerPlain(exchange.response, "404 page not found\n", 404);
}

const HEALTH = /^\/(healthz|livez|readyz)(\/.*)?$/;

/** Every path that is not about resources. */
export function handleOther(exchange: Exchange, path: string): void {
  const { response, server, request } = exchange;
  const accepted = () => negotiate(request.headers.accept, true);
  if (HEALTH.test(path)) return answerHealth(exchange, path);
  if (path === "/version") return answerJson(response, versionInfo, { pretty: true });
  if (path === "/api" || path === "/apis") return answerGroups(exchange, path === "/api", accepted());
  if (path.startsWith("/apis/")) return answerGroup(exchange, path.slice("/apis/".length));
  if (path === "/openapi/v3") return answerJson(response, server.openApi.index());
  if (path.startsWith("/openapi/v3/")) return answerOpenApi(exchange, path.slice("/openapi/v3/".length));
  if (path === "/") return answerJson(response, { paths: servedPaths(exchange) }, { pretty: true });
  return answerPlain(response, "404 page not found\n", 404);
}

function answerHealth({ response, query }: Exchange, path: string): void {
  if (!query.has("verbose")) return answerPlain(response, "ok");
  return answerPlain(response, `[+]ping ok\n${path.slice(1).split("/")[0]} check passed\n`);
}

function answerGroups({ response, server }: Exchange, core: boolean, accepted: Accepted): void {
  const { catalog } = server;
  if (accepted.aggregated) return answerJson(response, aggregated(catalog, core, accepted.aggregated), { accepted });
  return answerJson(response, core ? coreVersions(server.address()) : groupList(catalog), { accepted });
}

function answerGroup({ response, server, request }: Exchange, name: string): void {
  const group = oneGroup(server.catalog, name);
  if (group) answerJson(response, group, { accepted: negotiate(request.headers.accept) });
  else answerPlain(response, "404 page not found\n", 404);
}

function answerOpenApi({ response, server }: Exchange, name: string): void {
  const document = server.openApi.document(name);
  if (document === undefined) throw unknownResource();
  answerText(response, document);
}

function servedPaths({ server }: Exchange): string[] {
  const groups = server.catalog.groups();
  const apis = groups.flatMap(({ name, versions }) => [
    `/apis/${name}`,
    ...versions.map((version) => `/apis/${name}/${version}`),
  ]);
  return ["/api", "/api/v1", "/apis", ...apis, "/healthz", "/livez", "/openapi/v3", "/readyz", "/version"].sort();
}
