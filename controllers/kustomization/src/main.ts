import process from "node:process";
import { runProcess } from "@sluice/runtime";
import { runKustomization } from "./app.ts";
import { parseConfig } from "./config.ts";

await runProcess(process, { name: "kustomize-controller", parseConfig, work: runKustomization });
