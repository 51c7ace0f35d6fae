import { type Kustomization } from "@sluice/api";
import { isObject } from "@sluice/base";
import { RenderError } from "./errors.ts";

type Spec = Kustomization["spec"];

/**
 * Refuses what is asked for but cannot be done: ignoring it would apply manifests that are not what was meant.
 * @throws {RenderError} NOT_SUPPORTED
 */
export function refuseUnsupported(spec: Spec): void {
  if (spec.decryption !== undefined) throw notSupported("spec.decryption", "decryption of manifests");
  if (substitutes(spec)) throw notSupported("spec.postBuild", "variable substitution");
}

function notSupported(field: string, what: string): RenderError {
  return new RenderError("NOT_SUPPORTED", `Cannot build with "${field}": ${what} is not supported yet`, { field });
}

/** Without variables there is nothing to substitute, unless the strategy says so. @source spec/flux-api.md 2.5 */
function substitutes({ postBuild }: Spec): boolean {
  if (postBuild === undefined) return false;
  const inline = isObject(postBuild.substitute) ? Object.keys(postBuild.substitute).length : 0;
  return inline > 0 || (postBuild.substituteFrom?.length ?? 0) > 0 || postBuild.substituteStrategy === "Always";
}
