import { defineConfig } from "vitest/config";

const resolve = { conditions: ["sluice"] };

export default defineConfig({
  resolve,
  ssr: { resolve },
  test: {
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{shared,controllers}/*/src/**/*.test.ts", "{crds,cli}/src/**/*.test.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      "e2e/vitest.config.ts",
    ],
  },
});
