import { writeFile } from "node:fs/promises";
import { allCrds } from "./mod.ts";
import { crdText } from "./text.ts";

for (const [file, crd] of allCrds()) await writeFile(new URL(`../manifests/${file}`, import.meta.url), crdText(crd));
