import { deepEqual, equal, ok } from "node:assert/strict";
import { type JsonObject } from "@sluice/base";
import { type CaseContext } from "./case.ts";
import { type WatchLine } from "./client.ts";
import { cases, configMap, corePath, metadataOf } from "./lab.ts";

const create = (lab: CaseContext, name: string, labels: JsonObject = {}) =>
  lab.client.ask(corePath(lab, "configmaps"), {
    method: "POST",
    body: configMap(name, { k: "1" }, { labels: { of: lab.unique, ...labels } }),
  });

const patch = (lab: CaseContext, name: string, body: JsonObject) =>
  lab.client.ask(corePath(lab, "configmaps", name), { method: "PATCH", type: "application/merge-patch+json", body });

const watchPath = (lab: CaseContext, query: string) =>
  `${corePath(lab, "configmaps")}?watch=true&${query}&labelSelector=${encodeURIComponent(`of=${lab.unique}`)}`;

function told(line: WatchLine | undefined): string {
  return line ? `${line.type} ${String(metadataOf(line.object)["name"])}` : "end";
}

async function versionNow(lab: CaseContext): Promise<string> {
  return String(metadataOf((await lab.client.ask(corePath(lab, "configmaps"))).body)["resourceVersion"]);
}

/** Watches: where they start, what they show, how they end. */
export const watchCases = cases("watches", {
  "a watch from a list's resourceVersion shows every later change in order": async (lab) => {
    await create(lab, "before");
    const version = await versionNow(lab);
    await create(lab, "a");
    await patch(lab, "a", { data: { k: "2" } });
    await lab.client.ask(corePath(lab, "configmaps", "a"), { method: "DELETE" });
    using watch = await lab.client.watch(watchPath(lab, `resourceVersion=${version}`));
    deepEqual(
      [told(await watch.next()), told(await watch.next()), told(await watch.next())],
      ["ADDED a", "MODIFIED a", "DELETED a"],
    );
  },
  "a watch that is open sees changes as they happen": async (lab) => {
    using watch = await lab.client.watch(watchPath(lab, `resourceVersion=${await versionNow(lab)}`));
    await create(lab, "a");
    equal(told(await watch.next()), "ADDED a");
    await patch(lab, "a", { data: { k: "2" } });
    const line = await watch.next();
    equal(told(line), "MODIFIED a");
    equal(line?.object["kind"], "ConfigMap");
    deepEqual(line?.object["data"], { k: "2" });
  },
  "a deletion carries a newer resourceVersion than the object had": async (lab) => {
    const created = await create(lab, "a");
    const version = String(metadataOf(created.body)["resourceVersion"]);
    using watch = await lab.client.watch(watchPath(lab, `resourceVersion=${version}`));
    await lab.client.ask(corePath(lab, "configmaps", "a"), { method: "DELETE" });
    const line = await watch.next();
    equal(line?.type, "DELETED");
    ok(Number(metadataOf(line?.object ?? {})["resourceVersion"]) > Number(version));
  },
  "an object that leaves the selection is DELETED, one that comes into it is ADDED": async (lab) => {
    const version = await versionNow(lab);
    await create(lab, "a");
    await patch(lab, "a", { metadata: { labels: { of: "elsewhere" } } });
    await patch(lab, "a", { metadata: { labels: { of: lab.unique } } });
    using watch = await lab.client.watch(watchPath(lab, `resourceVersion=${version}`));
    const first = await watch.next();
    const second = await watch.next();
    deepEqual([told(first), told(second), told(await watch.next())], ["ADDED a", "DELETED a", "ADDED a"]);
    deepEqual(metadataOf(second?.object ?? {})["labels"], { of: lab.unique });
  },
  "a watch without resourceVersion begins with what is there": async (lab) => {
    await create(lab, "a");
    await create(lab, "b");
    using watch = await lab.client.watch(watchPath(lab, ""));
    deepEqual([told(await watch.next()), told(await watch.next())].sort(), ["ADDED a", "ADDED b"]);
  },
  "sendInitialEvents ends the initial objects with a marked bookmark": async (lab) => {
    await create(lab, "a");
    const query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    using watch = await lab.client.watch(watchPath(lab, query));
    equal(told(await watch.next()), "ADDED a");
    const mark = await watch.next();
    equal(mark?.type, "BOOKMARK");
    equal(mark?.object["kind"], "ConfigMap");
    deepEqual(metadataOf(mark?.object ?? {})["annotations"], { "k8s.io/initial-events-end": "true" });
    await create(lab, "b");
    equal(told(await watch.nextChange()), "ADDED b");
  },
  "timeoutSeconds ends a watch": async (lab) => {
    using watch = await lab.client.watch(watchPath(lab, `resourceVersion=${await versionNow(lab)}&timeoutSeconds=1`));
    equal(await watch.nextChange(), undefined);
  },
  "a watch of metadata shows PartialObjectMetadata": async (lab) => {
    await create(lab, "a");
    const accept = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io";
    using watch = await lab.client.watch(watchPath(lab, ""), { accept });
    const line = await watch.next();
    equal(line?.object["kind"], "PartialObjectMetadata");
    equal(line?.object["data"], undefined);
  },
  "a watch of a Table names the columns once": async (lab) => {
    await create(lab, "a");
    await create(lab, "b");
    using watch = await lab.client.watch(watchPath(lab, ""), {
      accept: "application/json;as=Table;v=v1;g=meta.k8s.io",
    });
    const first = await watch.next();
    ok(Array.isArray(first?.object["columnDefinitions"]));
    const second = await watch.next();
    equal(second?.object["columnDefinitions"], null);
  },
  "a write that changes nothing is no event": async (lab) => {
    const version = await versionNow(lab);
    await create(lab, "a");
    await patch(lab, "a", { data: { k: "1" } });
    await patch(lab, "a", { data: { k: "2" } });
    using watch = await lab.client.watch(watchPath(lab, `resourceVersion=${version}`));
    equal(told(await watch.next()), "ADDED a");
    deepEqual((await watch.next())?.object["data"], { k: "2" });
  },
  "sendInitialEvents without resourceVersionMatch is 422": async (lab) => {
    const answer = await lab.client.ask(watchPath(lab, "sendInitialEvents=true"));
    equal(answer.status, 422);
    equal(
      answer.body["message"],
      'ListOptions.meta.k8s.io "" is invalid: resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
    );
  },
});
