/** kustomize-controller: applies artifacts to a cluster. The door for those that run it inside their own process. */
export { runKustomization } from "./app.ts";
export { type KustomizationConfig, parseConfig as parseKustomizationConfig } from "./config.ts";
