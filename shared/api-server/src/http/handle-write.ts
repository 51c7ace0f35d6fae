import { stringifyJson } from "@sluice/base";
import { ordered, served, type Written } from "../registry/context.ts";
import { createObject } from "../registry/create.ts";
import { identify } from "../registry/identity.ts";
import { updateObject } from "../registry/update.ts";
import { keyOf } from "../store/store.ts";
import { answerText } from "./answer.ts";
import { readObject } from "./body.ts";
import { type ResourceExchange } from "./exchange.ts";
import { tableText } from "./handle-table.ts";
import { objectText, partialOf, partialText } from "./texts.ts";
import { writeOptions } from "./write-options.ts";

/** POST to a collection. */
export async function handleCreate(exchange: ResourceExchange): Promise<void> {
  const { server, resource, target } = exchange;
  const options = writeOptions(exchange, "CreateOptions");
  const { value, duplicates } = await readObject(exchange, resource.kind);
  const object = identify(value, resource, target);
  answerWritten(exchange, createObject(server.registry, resource, object, { ...options, decodeWarnings: duplicates }));
}

/** PUT to an object or one of its subresources. */
export async function handleReplace(exchange: ResourceExchange): Promise<void> {
  const { server, resource, target } = exchange;
  const options = writeOptions(exchange, "UpdateOptions");
  const { value, duplicates } = await readObject(exchange, resource.kind);
  const object = identify(value, resource, target);
  const written = updateObject(server.registry, resource, keyFor(exchange), {
    ...options,
    decodeWarnings: duplicates,
    replace: true,
    transform: () => object,
  });
  answerWritten(exchange, written);
}

/** The store's key of the object that the path names. */
export function keyFor({ target }: ResourceExchange): string {
  return keyOf(target.namespace, target.name ?? "");
}

/** Ends the response with a written object in the shape that was asked for. */
export function answerWritten(exchange: ResourceExchange, written: Written): void {
  const { accepted, response, resource, query } = exchange;
  const { object, stored, created } = written;
  const text = () => {
    if (accepted.shape === "table")
      return tableText(exchange, {
        objects: [object],
        metadata: { resourceVersion: object.metadata.resourceVersion ?? "" },
      });
    if (accepted.shape === "partial") return stored ? partialText(stored) : partialOf(object);
    return stored ? objectText(resource, stored) : stringifyJson(ordered(served(resource, object)));
  };
  const warnings = [...(resource.custom?.deprecation ? [resource.custom.deprecation] : []), ...written.warnings];
  answerText(response, text(), {
    httpCode: created ? 201 : 200,
    accepted,
    warnings,
    pretty: query.get("pretty") === "true",
  });
}
