import { ToolkitError } from "@sluice/base";
import { type Origin } from "./types.ts";

export interface RenderErrors {
  /** `spec.path` leaves the artifact. */
  INVALID_PATH: { path: string };
  /** `spec.path` names no directory of the artifact. */
  PATH_NOT_FOUND: { path: string };
  /** A field that is set but not built. */
  NOT_SUPPORTED: { field: string };
  /** A field of the spec has a value that cannot be built with. */
  INVALID_SPEC: { field: string };
  /** kustomize refused the tree; `cause` is its error, `origin` the place if it is known. */
  BUILD_FAILED: { origin?: Origin };
  /** A Secret is encrypted and nothing says how to decrypt it. */
  ENCRYPTED: { origin?: Origin };
}

/** What this room throws. Nothing of it goes away by trying again with the same tree and spec. */
export class RenderError<C extends keyof RenderErrors = keyof RenderErrors> extends ToolkitError<C, RenderErrors[C]> {}
