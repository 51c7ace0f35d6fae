import { deleteObject } from "../registry/delete.ts";
import { answerJson } from "./answer.ts";
import { type ResourceExchange } from "./exchange.ts";
import { deleteOptions } from "./handle-delete.ts";
import { keyFor } from "./handle-write.ts";

/** POST of a pod's `eviction`: a deletion. Disruption budgets are not asked. */
export async function handleEviction(exchange: ResourceExchange): Promise<void> {
  const { server, resource, response, accepted } = exchange;
  deleteObject(server.registry, resource, keyFor(exchange), await deleteOptions(exchange));
  answerJson(
    response,
    { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success", code: 201 },
    { httpCode: 201, accepted },
  );
}
