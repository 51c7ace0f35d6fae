// Bundles each program into one file: dist/<name>.mjs.
import { build } from "esbuild";

const programs = {
  sluice: "cli/src/main.ts",
  "source-controller": "controllers/source/src/main.ts",
  "kustomize-controller": "controllers/kustomization/src/main.ts",
};

await build({
  entryPoints: Object.entries(programs).map(([out, input]) => ({ out, in: input })),
  outdir: "dist",
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
});
