import { type Clock, type Logger } from "@sluice/base";
import { type KubeClient } from "@sluice/kube";
import { type DriftDetector } from "./drift.ts";
import { type Ledger } from "./ledger.ts";
import { type Managers } from "./live.ts";
import { type Views } from "./views.ts";

/** What one cluster's operations share. */
export interface Kit {
  readonly client: KubeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly managers: Managers;
  readonly customKinds: ReadonlySet<string>;
  readonly concurrency: number;
  readonly views: Views;
  readonly ledger: Ledger;
  readonly drift: DriftDetector;
}
