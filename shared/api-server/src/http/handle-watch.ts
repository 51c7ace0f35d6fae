import { type KubeObject } from "@sluice/api";
import { stringifyJson } from "@sluice/base";
import { apiVersionOf, type Resource } from "../discovery/resource.ts";
import { served } from "../registry/context.ts";
import { expired } from "../registry/status-error.ts";
import { type Stored } from "../store/stored.ts";
import { type WatchEventType, Watcher, type WatchOptions } from "../watch/watcher.ts";
import { type ResourceExchange } from "./exchange.ts";
import { tableText } from "./handle-table.ts";
import { type ListOptions } from "./list-options.ts";
import { objectText, partialText } from "./texts.ts";

/** How long a watch lasts when the client does not say. @source kube-apiserver `--min-request-timeout`, 30 to 60 minutes */
const DEFAULT_TIMEOUT_MS = 45 * 60 * 1000;

/** GET of a collection with `watch=true`: answers until one side ends it. */
export function handleWatch(exchange: ResourceExchange, options: ListOptions): void {
  const { server, resource, target, response, accepted } = exchange;
  const collection = server.registry.store.collection(resource.collection);
  const prefix = target.namespace === undefined ? "" : `${target.namespace}/`;
  response.writeHead(200, { "content-type": accepted.contentType, "cache-control": "no-cache, private" });
  response.flushHeaders();
  const initial = startsWithObjects(options)
    ? collection.list(prefix).filter((stored) => options.matches(stored.object))
    : [];
  const watcher = new Watcher(response, {
    collection,
    prefix,
    matches: options.matches,
    from: startsWithObjects(options) ? collection.revision : (options.resourceVersion ?? collection.revision),
    initial,
    markInitialEnd: options.sendInitialEvents === true && options.bookmarks,
    bookmarks: options.bookmarks,
    ...framesOf(exchange),
    expired: (revision) => eventLine("ERROR", stringifyJson(tooOld(revision, collection.log.start).toStatus())),
    timeoutMs: options.timeoutSeconds ? options.timeoutSeconds * 1000 : DEFAULT_TIMEOUT_MS,
    clock: server.clock,
    closing: server.closing,
  });
  watcher.start();
}

/** A watch from nowhere in particular begins with what is there. */
function startsWithObjects({ resourceVersion, sendInitialEvents }: ListOptions): boolean {
  if (sendInitialEvents !== undefined) return sendInitialEvents;
  return resourceVersion === undefined || resourceVersion === 0;
}

function tooOld(wanted: number, oldest: number) {
  return expired(`too old resource version: ${wanted} (${oldest})`);
}

type Frames = Pick<WatchOptions, "frame" | "bookmark">;

function framesOf(exchange: ResourceExchange): Frames {
  const { accepted, resource } = exchange;
  if (accepted.shape === "table") return tableFrames(exchange);
  const partial = accepted.shape === "partial";
  const text = partial ? partialText : (stored: Stored) => objectText(resource, stored);
  return {
    frame: (type, stored) => eventLine(type, text(stored)),
    bookmark: (revision, initialEnd) =>
      eventLine("BOOKMARK", bookmarkObject(resource, { revision, initialEnd, partial })),
  };
}

function bookmarkObject(
  resource: Resource,
  { revision, initialEnd, partial }: { revision: number; initialEnd: boolean; partial: boolean },
): string {
  const kind = partial ? "PartialObjectMetadata" : resource.kind;
  const apiVersion = partial ? "meta.k8s.io/v1" : apiVersionOf(resource);
  const annotations = initialEnd ? { annotations: { "k8s.io/initial-events-end": "true" } } : {};
  return stringifyJson({ kind, apiVersion, metadata: { resourceVersion: String(revision), ...annotations } });
}

/** Only the first Table of a watch names its columns. */
function tableFrames(exchange: ResourceExchange): Frames {
  let withColumns = true;
  const table = (objects: KubeObject[], resourceVersion: string, annotations?: { [key: string]: string }) => {
    const text = tableText(exchange, {
      objects,
      metadata: { resourceVersion, ...(annotations && { annotations }) },
      withColumns,
    });
    withColumns = false;
    return text;
  };
  const frame = (type: WatchEventType, stored: Stored) =>
    eventLine(type, table([served(exchange.resource, stored.object)], String(stored.revision)));
  const bookmark = (revision: number, initialEnd: boolean) =>
    eventLine(
      "BOOKMARK",
      table([], String(revision), initialEnd ? { "k8s.io/initial-events-end": "true" } : undefined),
    );
  return { frame, bookmark };
}

function eventLine(type: string, object: string): string {
  return `{"type":"${type}","object":${object}}\n`;
}
