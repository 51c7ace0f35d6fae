import { type Kustomization } from "@sluice/api";
import { Stalled, Waiting } from "@sluice/runtime";
import { configMapFile, configMapRef, kustomizationLab, statedBy } from "@sluice/testkit";
import { expect, test } from "vitest";
import { runKustomization } from "./app.ts";
import { parseConfig } from "./config.ts";
import { dependenciesReady, type DependencyOptions } from "./dependencies.ts";

const run: Parameters<typeof kustomizationLab>[0]["run"] = (flags, deps, signal) =>
  runKustomization(parseConfig(flags, {}), deps, signal);

type DependsOn = NonNullable<Kustomization["spec"]["dependsOn"]>;

function app(name: string, dependsOn: DependsOn = [], more: Partial<Kustomization> = {}): Kustomization {
  return {
    apiVersion: "kustomize.toolkit.fluxcd.io/v1",
    kind: "Kustomization",
    metadata: { name, namespace: "default", generation: 1 },
    spec: { interval: "1h", prune: true, sourceRef: { kind: "GitRepository", name: "repo" }, dependsOn },
    ...more,
  };
}

function ready(revision = "r1"): Pick<Kustomization, "status"> {
  const condition = { type: "Ready", status: "True", reason: "x", message: "y", lastTransitionTime: "z" } as const;
  const status = { observedGeneration: 1, lastAppliedRevision: revision, lastAttemptedRevision: revision };
  return { status: { ...status, conditions: [condition] } };
}

/** What `dependenciesReady` throws for the first of `apps`, and whom it hurries. */
function ask(apps: readonly Kustomization[], more: Partial<DependencyOptions> = {}) {
  const hurried: string[] = [];
  const options: DependencyOptions = {
    find: (key) => apps.find(({ metadata }) => `${metadata.namespace}/${metadata.name}` === key),
    hurry: (key) => void hurried.push(key),
    ...{ requeueMs: 30_000, noCrossNamespaceRefs: false, additiveExpressions: false, ...more },
  };
  try {
    dependenciesReady(apps[0] as Kustomization, "r1", options);
    return { thrown: undefined, hurried };
  } catch (thrown) {
    return { thrown: thrown as Waiting | Stalled, hurried };
  }
}

test("dependenciesReady() passes when there is nothing to wait for, or all of it is ready", () => {
  expect(ask([app("a")]).thrown).toBeUndefined();
  expect(ask([app("a", [{ name: "b" }]), app("b", [], ready())]).thrown).toBeUndefined();
});

test.each([
  ["does not exist", undefined, /"Kustomization\/default\/b": it does not exist/],
  ["was never reconciled", app("b"), /it has not been reconciled yet/],
  ["has applied another revision of the same source", app("b", [], ready("r0")), /has not applied revision r1/],
])("dependenciesReady() waits for a dependency that %s, and is woken by it", (_, dependency, message) => {
  const { thrown } = ask([app("a", [{ name: "b" }]), ...(dependency ? [dependency] : [])]);
  expect(thrown).toBeInstanceOf(Waiting);
  expect(thrown).toMatchObject({ reason: "DependencyNotReady", until: ["Kustomization/default/b"], afterMs: 30_000 });
  expect(thrown?.message).toMatch(message);
});

test("dependenciesReady() does not ask for the same revision of another source", () => {
  const other = app("b", [], ready("r0"));
  other.spec.sourceRef.name = "another";
  expect(ask([app("a", [{ name: "b" }]), other]).thrown).toBeUndefined();
});

test("dependenciesReady() hurries a dependency that is behind, but no member of a cycle, which it names", () => {
  expect(ask([app("a", [{ name: "b" }]), app("b")]).hurried).toEqual(["default/b"]);
  const cycle = ask([app("a", [{ name: "b" }]), app("b", [{ name: "c" }]), app("c", [{ name: "a" }])]);
  expect(cycle.hurried).toEqual([]);
  expect(cycle.thrown?.message).toContain("default/a -> default/b -> default/c -> default/a");
  const self = ask([app("a", [{ name: "a" }])]);
  expect(self.hurried).toEqual([]);
  expect(self.thrown?.message).toContain("default/a -> default/a");
});

test("dependenciesReady() looks for a cycle among a thousand dependencies once each", () => {
  const names = Array.from({ length: 1000 }, (_, index) => `n${index}`);
  const all = names.map((name) =>
    app(
      name,
      names
        .slice(0, 20)
        .filter((other) => other !== name)
        .map((other) => ({ name: other })),
    ),
  );
  const { thrown } = ask([
    app(
      "a",
      names.map((name) => ({ name })),
    ),
    ...all,
  ]);
  expect(thrown?.message).not.toContain("cycle");
});

test("dependenciesReady() lets a readyExpr decide in place of the built-in checks, or with them by the gate", () => {
  const dependsOn = [{ name: "b", readyExpr: "dep.spec.interval == self.spec.interval" }];
  expect(ask([app("a", dependsOn), app("b")]).thrown).toBeUndefined();
  expect(ask([app("a", dependsOn), app("b")], { additiveExpressions: true }).thrown).toBeInstanceOf(Waiting);
  const never = ask([app("a", [{ name: "b", readyExpr: "false" }]), app("b", [], ready())]);
  expect(never.thrown?.message).toContain("its readyExpr is not true");
});

test("dependenciesReady() waits on an expression over a field that is not there yet", () => {
  const { thrown } = ask([app("a", [{ name: "b", readyExpr: "dep.status.x == 1" }]), app("b")]);
  expect(thrown).toBeInstanceOf(Waiting);
});

test.each(["1 +", "nobody.status", "'text'", "1 + 1"])(
  "dependenciesReady() stalls on the expression %j, even if the dependency does not exist",
  (readyExpr) => {
    const { thrown } = ask([app("a", [{ name: "b", readyExpr }])]);
    expect(thrown).toBeInstanceOf(Stalled);
    expect(thrown?.reason).toBe("InvalidCELExpression");
    expect(thrown?.message).toMatch(/^Reconciliation failed terminally due to configuration error: /);
  },
);

test("dependenciesReady() finds a dependency in another namespace, unless that is forbidden", () => {
  const other = app("b", [], ready());
  other.metadata.namespace = "far";
  other.spec.sourceRef.name = "another";
  const one = app("a", [{ name: "b", namespace: "far" }]);
  expect(ask([one, other]).thrown).toBeUndefined();
  expect(ask([one, other], { noCrossNamespaceRefs: true }).thrown).toMatchObject({ reason: "AccessDenied" });
});

test("a dependent waits, says for whom, and is woken when its dependency turns ready", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({ "infra/i.yaml": configMapFile("i"), "apps/a.yaml": configMapFile("a") });
  await lab.add("apps", { path: "apps", dependsOn: [{ name: "infra" }] });
  const waiting = await lab.untilReason(
    "apps",
    "DependencyNotReady",
    /"Kustomization\/default\/infra": it does not exist/,
  );
  expect(statedBy(waiting, "Reconciling")?.reason).toBe("ProgressingWithRetry");
  expect(await lab.find(configMapRef("a"))).toBeUndefined();
  await lab.add("infra", { path: "infra" });
  await lab.ready("apps", revision);
  expect(await lab.find(configMapRef("a"))).toBeDefined();
});

test("members of a cycle wait without a loop, and go on when it is broken", async () => {
  await using lab = await kustomizationLab({ run });
  const revision = await lab.push({
    "a/a.yaml": configMapFile("a"),
    "b/b.yaml": configMapFile("b"),
    "m/m.yaml": configMapFile("m"),
  });
  await lab.add("a", { path: "a", dependsOn: [{ name: "b" }] });
  await lab.add("b", { path: "b", dependsOn: [{ name: "a" }] });
  await lab.untilReason("a", "DependencyNotReady", /cycle/);
  await lab.untilReason("b", "DependencyNotReady", /cycle/);
  await lab.add("m", { path: "m" });
  await lab.ready("m", revision);
  lab.sent();
  await lab.reconcile("m");
  await lab.reconcile("m");
  expect(lab.sent()).toEqual(["patch Kustomization/m/status", "patch Kustomization/m/status"]);
  await lab.change("b", { spec: { dependsOn: null } });
  await lab.ready("a", revision);
});

test("a dependency in another shard is seen", async () => {
  await using lab = await kustomizationLab({ run, flags: ["--watch-label-selector=shard=one"] });
  const revision = await lab.push({ "a.yaml": configMapFile("a") });
  const infra = await lab.add("infra");
  await lab.add("apps", { dependsOn: [{ name: "infra" }] }, { labels: { shard: "one" } });
  await lab.untilReason("apps", "DependencyNotReady", /not been reconciled/);
  const { status } = ready(revision);
  const condition = { ...status?.conditions?.[0], lastTransitionTime: "2026-01-01T00:00:00Z" };
  const { generation = 1 } = infra.metadata;
  await lab.change(
    "infra",
    { status: { ...status, observedGeneration: generation, conditions: [condition] } },
    "status",
  );
  await lab.ready("apps", revision);
});
