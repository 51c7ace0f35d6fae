// Makes a checkout ready to run: installs packages if they are missing or not those of the lock file, and bundles the programs if their sources
// are newer. Plain JavaScript, since nothing may be installed yet.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [wantedMajor, wantedMinor] = [20, 19];
const [major, minor] = process.versions.node.split(".").map(Number);
if (major < wantedMajor || (major === wantedMajor && minor < wantedMinor)) {
  console.error(`Sluice needs Node ${wantedMajor}.${wantedMinor} or newer; this is ${process.versions.node}`);
  process.exit(1);
}

const modified = (path) => (existsSync(join(root, path)) ? statSync(join(root, path)).mtimeMs : 0);
if (modified("node_modules/.package-lock.json") < modified("package-lock.json")) {
  console.error("Installing packages ...");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}
if (process.argv.includes("--bundle") && modified("dist/sluice.mjs") < newestSource()) {
  console.error("Building ...");
  run(process.execPath, ["scripts/bundle.mjs"]);
}

/** When the newest file that a bundle is made of was changed. */
function newestSource() {
  const folders = ["shared", "controllers", "crds", "cli"].map((name) => join(root, name));
  let newest = modified("package-lock.json");
  while (folders.length > 0) {
    const folder = folders.pop();
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isDirectory() && !["dist", "node_modules", "testdata", "example"].includes(entry.name))
        folders.push(path);
      else if (entry.isFile() && path.endsWith(".ts")) newest = Math.max(newest, statSync(path).mtimeMs);
    }
  }
  return newest;
}

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: ["ignore", 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}
