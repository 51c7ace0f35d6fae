import { applyManager } from "@sluice/api";
import { DriftDetector } from "./drift.ts";
import { Health } from "./health.ts";
import { type HealthReport, type HealthRequest, type OwnerRef } from "./health-types.ts";
import { type Kit } from "./kit.ts";
import { Ledger } from "./ledger.ts";
import { ownerKey } from "./live.ts";
import { isAsLeft } from "./plan.ts";
import { PruneRun } from "./prune.ts";
import { ApplyRun } from "./run.ts";
import {
  type ApplyRequest,
  type ApplyResult,
  type Cluster,
  type ClusterOptions,
  type Drift,
  type PruneRequest,
  type PruneResult,
} from "./types.ts";
import { Views } from "./views.ts";

const CONCURRENCY = 4;

/** Opens the door to one cluster under one identity; sends nothing until it is asked to. */
export function openCluster(options: ClusterOptions): Cluster {
  return new OpenCluster(options);
}

class OpenCluster implements Cluster {
  readonly #kit: Kit;
  readonly #health: Health;

  constructor(options: ClusterOptions) {
    const { client, clock, log } = options;
    const managers = { self: options.manager ?? applyManager, overridden: options.overrideManagers ?? [] };
    const ledger = new Ledger();
    const drift = new DriftDetector(ledger, managers.self);
    const views: Views = new Views({
      ...{ client, clock, log, managers },
      onMetadata: (id, metadata, live) => drift.inspect(id, metadata, live),
      onSeen: (id, ref) => drift.judge(id, ref, views.sight(ref)),
    });
    const customKinds = new Set(options.customStageKinds ?? []);
    const concurrency = options.concurrency ?? CONCURRENCY;
    this.#kit = { client, clock, log, managers, customKinds, concurrency, views, ledger, drift };
    this.#health = new Health(this.#kit);
  }

  apply(request: ApplyRequest, signal: AbortSignal): Promise<ApplyResult> {
    return new ApplyRun({ kit: this.#kit, health: this.#health, request, signal }).run();
  }

  prune(request: PruneRequest, signal: AbortSignal): Promise<PruneResult> {
    return new PruneRun(this.#kit, request, signal).run();
  }

  health(request: HealthRequest, signal: AbortSignal): Promise<HealthReport> {
    return this.#health.wait(request, signal);
  }

  watchHealth(request: HealthRequest): Disposable {
    return this.#health.watch(request);
  }

  isSteady(owner: OwnerRef): boolean {
    const key = ownerKey(owner);
    const { ledger, views } = this.#kit;
    if (!ledger.isComplete(key)) return false;
    return [...ledger.idsOf(key)].every((id) => {
      const applied = ledger.of(key, id);
      return applied !== undefined && isAsLeft(applied, views.sight(applied.ref));
    });
  }

  onDrift(listener: (drift: Drift) => void): Disposable {
    return this.#kit.drift.listen(listener);
  }

  forget(owner: OwnerRef): void {
    const key = ownerKey(owner);
    this.#kit.ledger.forget(key);
    this.#kit.views.retain(key, []);
  }

  [Symbol.dispose](): void {
    this.#health[Symbol.dispose]();
    this.#kit.views[Symbol.dispose]();
  }
}
