/**
 * kustomize-controller: applies artifacts to a cluster and keeps it that way. The door for those that run it inside their own process. May import
 * every shared room but api-server and testkit. Fails with a ConfigError for flags that cannot be used, and with what runApp throws; whatever is
 * wrong with one Kustomization is said on that object.
 */
export { runKustomization } from "./app.ts";
export { type KustomizationConfig, parseConfig as parseKustomizationConfig } from "./config.ts";
