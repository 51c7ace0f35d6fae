import { type KubeClient } from "@sluice/kube";

/** Requests that the API server has answered, by `verb resource`. */
export type Requests = ReadonlyMap<string, number>;

/** Kinds that the bench's manifests hold. */
const OBJECTS = ["deployments", "serviceaccounts", "services", "ingresses"];

const LINE = /^apiserver_request_total\{([^}]*)\} ([0-9.e+]+)$/gm;

/** Reads the API server's own count. */
export async function requestCounts(client: KubeClient): Promise<Requests> {
  const { text } = await client.raw({ method: "GET", path: "/metrics" });
  const counts = new Map<string, number>();
  for (const [, labels = "", value = "0"] of text.matchAll(LINE)) {
    const label = (name: string) => new RegExp(`(?:^|,)${name}="([^"]*)"`).exec(labels)?.[1] ?? "";
    const dryRun = label("dry_run") === "" ? "" : " (dry run)";
    const subresource = label("subresource") === "" ? "" : `/${label("subresource")}`;
    const key = `${label("verb")} ${label("resource")}${subresource}${dryRun}`;
    counts.set(key, (counts.get(key) ?? 0) + Number(value));
  }
  return counts;
}

/** What came in between two readings. */
export function difference(before: Requests, after: Requests): Requests {
  return new Map(
    [...after].map(([key, count]) => [key, count - (before.get(key) ?? 0)] as const).filter(([, count]) => count > 0),
  );
}

/** Sums of interest. */
export interface RequestSummary {
  applies: number;
  dryRuns: number;
  deletes: number;
  reads: number;
  statusWrites: number;
  /** Watches of any kind that were opened. */
  watches: number;
  /** Everything about the bench's objects but watches. */
  objects: number;
}

export function summarize(requests: Requests): RequestSummary {
  const sum = (test: (verb: string, resource: string, dryRun: boolean) => boolean) =>
    [...requests].reduce((total, [key, count]) => {
      const [verb = "", resource = ""] = key.split(" ");
      return test(verb, resource, key.endsWith("(dry run)")) ? total + count : total;
    }, 0);
  const ofObject = (resource: string) => OBJECTS.includes(resource);
  return {
    applies: sum((verb, resource, dryRun) => ["APPLY", "PATCH"].includes(verb) && ofObject(resource) && !dryRun),
    dryRuns: sum((_, resource, dryRun) => dryRun && ofObject(resource)),
    deletes: sum((verb, resource) => verb === "DELETE" && ofObject(resource)),
    reads: sum((verb, resource) => ["GET", "LIST"].includes(verb) && ofObject(resource)),
    watches: sum((verb) => verb === "WATCH"),
    statusWrites: sum(
      (verb, resource) => ["APPLY", "PATCH", "PUT"].includes(verb) && resource.startsWith("kustomizations"),
    ),
    objects: sum((verb, resource) => verb !== "WATCH" && ofObject(resource)),
  };
}
