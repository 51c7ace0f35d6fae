import { deepEqual, equal, match, notEqual, ok } from "node:assert/strict";
import { type CaseContext } from "./case.ts";
import { cases, configMap, corePath, itemsOf, metadataOf, namesOf } from "./lab.ts";

async function fill(lab: CaseContext, names: readonly string[]): Promise<void> {
  for (const name of names) {
    const metadata = { labels: { of: lab.unique, name, ...(name < "c" && { early: "yes" }) } };
    await lab.client.ask(corePath(lab, "configmaps"), { method: "POST", body: configMap(name, { k: "1" }, metadata) });
  }
}

const own = (lab: CaseContext) => `labelSelector=of%3D${lab.unique}`;

/** Lists: order, chunks, selectors, resource versions, shapes. */
export const listCases = cases("lists", {
  "a list is in the order of names and carries a resourceVersion": async (lab) => {
    await fill(lab, ["b", "a", "c"]);
    const list = await lab.client.ask(`${corePath(lab, "configmaps")}?${own(lab)}`);
    equal(list.body["kind"], "ConfigMapList");
    equal(list.body["apiVersion"], "v1");
    deepEqual(namesOf(list), ["a", "b", "c"]);
    match(String(metadataOf(list.body)["resourceVersion"]), /^[0-9]+$/);
    equal(itemsOf(list)[0]?.["kind"], undefined);
  },
  "chunks of one list show it as it was at the first chunk": async (lab) => {
    await fill(lab, ["a", "b", "c", "d"]);
    const path = `${corePath(lab, "configmaps")}?${own(lab)}&limit=2`;
    const first = await lab.client.ask(path);
    deepEqual(namesOf(first), ["a", "b"]);
    await lab.client.ask(corePath(lab, "configmaps", "c"), { method: "DELETE" });
    await fill(lab, ["e"]);
    const token = encodeURIComponent(String(metadataOf(first.body)["continue"]));
    const second = await lab.client.ask(`${path}&continue=${token}`);
    deepEqual(namesOf(second), ["c", "d"]);
    equal(metadataOf(second.body)["continue"], undefined);
    equal(metadataOf(second.body)["resourceVersion"], metadataOf(first.body)["resourceVersion"]);
  },
  "remainingItemCount is told when nothing is selected": async (lab) => {
    await fill(lab, ["a", "b", "c"]);
    const list = await lab.client.ask(`${corePath(lab, "configmaps")}?limit=1`);
    ok(Number(metadataOf(list.body)["remainingItemCount"]) >= 2);
    const selected = await lab.client.ask(`${corePath(lab, "configmaps")}?${own(lab)}&limit=1`);
    equal(metadataOf(selected.body)["remainingItemCount"], undefined);
  },
  "resourceVersionMatch=Exact shows an earlier state": async (lab) => {
    await fill(lab, ["a"]);
    const path = `${corePath(lab, "configmaps")}?${own(lab)}`;
    const then = metadataOf((await lab.client.ask(path)).body)["resourceVersion"];
    await fill(lab, ["b"]);
    const past = await lab.client.ask(`${path}&resourceVersion=${String(then)}&resourceVersionMatch=Exact`);
    deepEqual(namesOf(past), ["a"]);
    equal(metadataOf(past.body)["resourceVersion"], then);
  },
  "label selectors know equality, sets and existence": async (lab) => {
    await fill(lab, ["a", "b", "c", "d"]);
    const select = async (selector: string) =>
      namesOf(
        await lab.client.ask(
          `${corePath(lab, "configmaps")}?labelSelector=${encodeURIComponent(`of=${lab.unique},${selector}`)}`,
        ),
      );
    deepEqual(await select("name=a"), ["a"]);
    deepEqual(await select("name!=a"), ["b", "c", "d"]);
    deepEqual(await select("name in (a,d)"), ["a", "d"]);
    deepEqual(await select("name notin (a,d)"), ["b", "c"]);
    deepEqual(await select("early"), ["a", "b"]);
    deepEqual(await select("!early"), ["c", "d"]);
  },
  "field selectors know names, and unknown fields are 400": async (lab) => {
    await fill(lab, ["a", "b"]);
    const one = await lab.client.ask(`${corePath(lab, "configmaps")}?fieldSelector=metadata.name%3Db`);
    deepEqual(namesOf(one), ["b"]);
    const wrong = await lab.client.ask(`${corePath(lab, "configmaps")}?fieldSelector=spec.x%3Db`);
    equal(wrong.status, 400);
    equal(wrong.body["message"], '"spec.x" is not a known field selector: only "metadata.name", "metadata.namespace"');
  },
  "a malformed label selector or continue token is 400": async (lab) => {
    const path = corePath(lab, "configmaps");
    const label = await lab.client.ask(`${path}?labelSelector=a%20in%20b`);
    equal(label.body["message"], "unable to parse requirement: found 'b' expected: '('");
    equal((await lab.client.ask(`${path}?continue=x`)).status, 400);
  },
  "PartialObjectMetadata carries the metadata alone, managedFields included": async (lab) => {
    await fill(lab, ["a"]);
    const accept = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io";
    const list = await lab.client.ask(`${corePath(lab, "configmaps")}?${own(lab)}`, { accept });
    equal(list.body["kind"], "PartialObjectMetadataList");
    const [item] = itemsOf(list);
    deepEqual(Object.keys(item ?? {}).sort(), ["apiVersion", "kind", "metadata"]);
    ok(Array.isArray(metadataOf(item ?? {})["managedFields"]));
  },
  "a Table has the kind's columns and a row for each object": async (lab) => {
    await fill(lab, ["a"]);
    const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
    const { body } = await lab.client.ask(`${corePath(lab, "configmaps")}?${own(lab)}`, { accept });
    const columns = body["columnDefinitions"] as { name: string }[];
    deepEqual(
      columns.map(({ name }) => name),
      ["Name", "Data", "Age"],
    );
    const rows = body["rows"] as { cells: unknown[]; object: { kind: string } }[];
    deepEqual(rows[0]?.cells.slice(0, 2), ["a", 1]);
    equal(rows[0]?.object.kind, "PartialObjectMetadata");
  },
  "an Accept that cannot be met is 406": async (lab) => {
    equal((await lab.client.ask(corePath(lab, "configmaps"), { accept: "text/html" })).status, 406);
  },
  "deletecollection deletes what its selector selects": async (lab) => {
    await fill(lab, ["a", "b", "c"]);
    const path = corePath(lab, "configmaps");
    const selector = encodeURIComponent(`of=${lab.unique},early`);
    equal((await lab.client.ask(`${path}?labelSelector=${selector}`, { method: "DELETE" })).status, 200);
    deepEqual(namesOf(await lab.client.ask(`${path}?${own(lab)}`)), ["c"]);
  },
  "two lists around a write differ in resourceVersion": async (lab) => {
    const path = corePath(lab, "configmaps");
    const before = metadataOf((await lab.client.ask(path)).body)["resourceVersion"];
    await fill(lab, ["a"]);
    notEqual(metadataOf((await lab.client.ask(path)).body)["resourceVersion"], before);
  },
});
