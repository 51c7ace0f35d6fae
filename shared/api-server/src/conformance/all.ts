import { type ConformanceCase } from "./case.ts";
import { customResourceCases } from "./custom-resources.ts";
import { deletionCases, namespaceCases } from "./deletion.ts";
import { discoveryCases } from "./discovery.ts";
import { listCases } from "./lists.ts";
import { malformedCases } from "./malformed.ts";
import { objectCases } from "./objects.ts";
import { watchCases } from "./watches.ts";

/** Every promise that holds for this server and for kube-apiserver with the garbage collector and namespace controllers. */
export const conformanceCases: readonly ConformanceCase[] = [
  ...discoveryCases,
  ...objectCases,
  ...malformedCases,
  ...listCases,
  ...watchCases,
  ...deletionCases,
  ...namespaceCases,
  ...customResourceCases,
];
