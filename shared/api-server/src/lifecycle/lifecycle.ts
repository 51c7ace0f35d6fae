import { type LifecycleContext } from "./context.ts";
import { startDefinitions } from "./definitions.ts";
import { createFirstObjects } from "./first-objects.ts";
import { startGarbageCollector } from "./garbage-collector.ts";
import { addInitialStatuses } from "./initial-status.ts";
import { startNamespaces } from "./namespaces.ts";
import { startProtection } from "./protection.ts";
import { addServiceHooks } from "./services.ts";

/** Starts what a cluster does by itself: definitions, namespaces, garbage collection, addresses of services. */
export function startLifecycle(cx: LifecycleContext): Disposable {
  addInitialStatuses(cx.hooks);
  addServiceHooks(cx);
  const parts = [startDefinitions(cx), startNamespaces(cx), startGarbageCollector(cx), startProtection(cx)];
  createFirstObjects(cx);
  return {
    [Symbol.dispose]() {
      for (const part of parts) part[Symbol.dispose]();
    },
  };
}
