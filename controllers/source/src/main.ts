import process from "node:process";
import { runProcess } from "@sluice/runtime";
import { runSource } from "./app.ts";
import { parseConfig } from "./config.ts";

await runProcess(process, { name: "source-controller", parseConfig, work: runSource });
