import { defineProject } from "vitest/config";

const resolve = { conditions: ["sluice"] };

/** Tests on real components: starting these takes longer, and one cluster serves the whole run. */
export default defineProject({
  resolve,
  ssr: { resolve },
  // That of the global setup: without it, what it imports would come from a build that may be old or missing.
  environments: { __vitest__: { resolve } },
  test: {
    name: "e2e",
    include: ["src/**/*.test.ts"],
    globalSetup: ["src/shared-cluster-host.ts"],
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
});
