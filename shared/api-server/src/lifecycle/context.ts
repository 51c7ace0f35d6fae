import { type Logger } from "@sluice/base";
import { type KindHooks, type RegistryContext } from "../registry/context.ts";

/** What the parts of the life cycle share. */
export interface LifecycleContext {
  registry: RegistryContext;
  /** Filled by each part for its kinds. */
  hooks: Map<string, KindHooks>;
  log: Logger;
}

/** Manager under which the server's own controllers write. */
export const CONTROLLER_MANAGER = "kube-controller-manager";
