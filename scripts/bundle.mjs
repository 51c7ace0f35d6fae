// Bundles each program into dist/<name>.mjs. What `sluice` imports on demand, one file for each command, lies in dist/sluice/, so that
// a command loads no more than it needs.
import { rmSync } from "node:fs";
import { build } from "esbuild";

const shared = {
  outExtension: { ".js": ".mjs" },
  bundle: true,
  platform: "node",
  format: "esm",
  target: "node20.19",
  conditions: ["sluice"],
  sourcemap: true,
  minifySyntax: true,
  logLevel: "warning",
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
};

/** Leaves `import("./run-up.ts")` for the time when it is called. */
const commandsApart = {
  name: "commands-apart",
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/run-[a-z]+\.ts$/ }, ({ path, kind }) =>
      kind === "dynamic-import"
        ? { path: path.replace("./", "./sluice/").replace(".ts", ".mjs"), external: true }
        : undefined,
    ),
};

rmSync("dist/sluice", { recursive: true, force: true });
await build({
  ...shared,
  outdir: "dist",
  entryPoints: {
    sluice: "cli/src/main.ts",
    "source-controller": "controllers/source/src/main.ts",
    "kustomize-controller": "controllers/kustomization/src/main.ts",
  },
  plugins: [commandsApart],
});
for (const command of ["run-up", "run-build"]) {
  const entryPoints = { [command]: `cli/src/${command}.ts` };
  await build({ ...shared, outdir: "dist/sluice", entryPoints, splitting: true, chunkNames: "[name]-[hash]" });
}
