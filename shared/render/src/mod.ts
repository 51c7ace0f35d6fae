/**
 * From an artifact's files and a Kustomization's spec to the objects that it wants, as Flux does it: generate a kustomization where there is none, add what the spec
 * says, build, label. Imports base, api's types and kustomize; pure, no I/O; in steps, because some builds are large. Throws RenderError.
 */
export { RenderError, type RenderErrors } from "./errors.ts";
export { renderInputsChanged } from "./inputs.ts";
export { render } from "./render.ts";
export { type Origin, type RenderInputs, type RenderRequest, type RenderResult } from "./types.ts";
