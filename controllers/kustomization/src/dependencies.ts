import { findCondition, type Kustomization } from "@sluice/api";
import { type JsonObject, messageOf } from "@sluice/base";
import { keyOf, topicOf, Waiting } from "@sluice/runtime";
import { compileBool } from "./health-exprs.ts";
import { sourceRefOf } from "./sources.ts";
import { misconfigured, soundSpec } from "./spec.ts";

type Dependency = NonNullable<Kustomization["spec"]["dependsOn"]>[number];
type View = { app: Kustomization; dependency: Dependency; found: Kustomization; revision: string };

/** Why a dependency is not ready yet; undefined if this check is content. */
type Check = (view: View) => string | undefined;

const observed: Check = ({ found }) =>
  found.status?.observedGeneration === found.metadata.generation
    ? undefined
    : "its newest generation has not been reconciled";
const ready: Check = ({ found }) => {
  const condition = findCondition(found.status?.conditions, "Ready");
  if (condition?.status === "True") return undefined;
  if (condition === undefined) return "it has not been reconciled yet";
  // Its message names others in turn; in a cycle, repeating it would never end.
  return condition.reason === "DependencyNotReady" ? "it waits too" : `it is not ready: ${condition.message}`;
};
const sameRevision: Check = ({ app, found, revision }) => {
  if (!haveSameSource(app, found)) return undefined;
  return found.status?.lastAppliedRevision === revision ? undefined : `it has not applied revision ${revision}`;
};
const readyExpr: Check = (view) => {
  const { readyExpr: expression } = view.dependency;
  return expression === undefined ? undefined : holds(expression, view);
};

const builtIn: readonly Check[] = [ready, observed, sameRevision];

/** How `spec.dependsOn` is read. */
export interface DependencyOptions {
  /** Looks a Kustomization up by `namespace/name`. */
  find: (key: string) => Kustomization | undefined;
  /** Told of each dependency that is behind `revision`, so that it goes before others. */
  hurry: (key: string) => void;
  requeueMs: number;
  noCrossNamespaceRefs: boolean;
  /** A readyExpr adds to the built-in checks and does not replace them. */
  additiveExpressions: boolean;
}

/**
 * Passes when every dependency is ready for `revision`.
 * @throws {Waiting} that names every dependency that is not ready; woken by each of them
 * @throws {Stalled} InvalidCELExpression or AccessDenied
 * @source spec/flux-api.md 2.3 step 4
 */
export function dependenciesReady(app: Kustomization, revision: string, options: DependencyOptions): void {
  const reasons: string[] = [];
  const until: string[] = [];
  const behind: string[] = [];
  for (const dependency of app.spec.dependsOn ?? []) {
    checkReference(app, dependency, options);
    const key = keyOfDependency(app, dependency);
    const found = options.find(key);
    const why = whyNotReady({ app, dependency, found, revision }, options);
    if (why === undefined) continue;
    const topic = topicOf({ kind: "Kustomization", ...partsOf(key) });
    reasons.push(`dependency "${topic}": ${why}`);
    until.push(topic);
    if (found && soundSpec(found) && isBehind(app, found, revision)) behind.push(key);
  }
  if (reasons.length === 0) return;
  const cycle = cycleOf(app, options.find);
  if (cycle) reasons.unshift(`a cycle of dependencies to be broken: ${cycle.join(" -> ")}`);
  else for (const key of behind) options.hurry(key);
  throw new Waiting("DependencyNotReady", `Waiting for ${reasons.join("; ")}`, { until, afterMs: options.requeueMs });
}

/** What can be found wrong without looking at the dependency. */
function checkReference(app: Kustomization, dependency: Dependency, { noCrossNamespaceRefs }: DependencyOptions): void {
  const { namespace = namespaceOf(app), name, readyExpr: expression } = dependency;
  if (noCrossNamespaceRefs && namespace !== namespaceOf(app)) {
    const what = `cannot depend on "${namespace}/${name}": cross-namespace references have been blocked`;
    throw misconfigured("AccessDenied", what);
  }
  if (expression !== undefined) compileReadyExpr(expression);
}

function whyNotReady(
  { found, ...rest }: Omit<View, "found"> & { found: Kustomization | undefined },
  { additiveExpressions }: DependencyOptions,
): string | undefined {
  if (found === undefined) return "it does not exist";
  if (soundSpec(found) === undefined) return "its spec is not valid";
  const replaced = rest.dependency.readyExpr !== undefined && !additiveExpressions;
  const checks = replaced ? [readyExpr] : [...builtIn, readyExpr];
  return checks.map((check) => check({ ...rest, found })).find((why) => why !== undefined);
}

function compileReadyExpr(expression: string) {
  return compileBool(expression, "spec.dependsOn readyExpr", ["self", "dep"]);
}

/** An expression that fails, as over a status that is not there yet, is not true yet. */
function holds(expression: string, { app, found }: View): string | undefined {
  try {
    const isTrue = compileReadyExpr(expression).test({ self: app as JsonObject, dep: found as JsonObject });
    return isTrue ? undefined : "its readyExpr is not true";
  } catch (thrown) {
    return messageOf(thrown);
  }
}

/** The way from `app` back to itself along dependencies, if there is one: nobody on it can ever start. */
function cycleOf(app: Kustomization, find: (key: string) => Kustomization | undefined): string[] | undefined {
  const start = keyOf(app);
  const cameFrom = new Map<string, string>();
  const pending = [start];
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    const node = key === start ? app : find(key);
    for (const dependency of (node && soundSpec(node)?.dependsOn) ?? []) {
      const next = keyOfDependency(node as Kustomization, dependency);
      if (next === start) return [...wayTo(key, start, cameFrom), start];
      if (cameFrom.has(next)) continue;
      cameFrom.set(next, key);
      pending.push(next);
    }
  }
  return undefined;
}

function wayTo(key: string, start: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [key];
  for (let at = key; at !== start; ) {
    at = cameFrom.get(at) ?? start;
    way.unshift(at);
  }
  return way;
}

/** True if the dependency has the same source and has not begun with `revision`. */
function isBehind(app: Kustomization, found: Kustomization, revision: string): boolean {
  return haveSameSource(app, found) && found.status?.lastAttemptedRevision !== revision;
}

function haveSameSource(one: Kustomization, two: Kustomization): boolean {
  return topicOf(sourceRefOf(one)) === topicOf(sourceRefOf(two));
}

function keyOfDependency(app: Kustomization, { namespace = namespaceOf(app), name }: Dependency): string {
  return `${namespace}/${name}`;
}

function partsOf(key: string): { namespace: string; name: string } {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

function namespaceOf({ metadata }: Kustomization): string {
  return metadata.namespace ?? "default";
}
