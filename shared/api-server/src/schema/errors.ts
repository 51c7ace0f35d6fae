import { ToolkitError } from "@sluice/base";
import { type FieldError } from "./field-error.ts";

/** One field that a server-side apply may not take without force. `field` is a path such as `.spec.replicas`. */
export interface ApplyConflict {
  manager: string;
  field: string;
  message: string;
}

/** Every way in which object semantics (schemas, patches, server-side apply) fail, with the facts that go along. */
export interface ObjectErrors {
  /** Another manager owns fields that the applied object wants to change; the API server answers 409 Conflict. */
  APPLY_CONFLICT: { conflicts: ApplyConflict[] };
  /** The applied object cannot be applied at all; the API server answers `status`. */
  APPLY_INVALID: { status: 400 | 422 | 500 };
  /** A value of a type that the field cannot hold, or an unknown field that was to be refused; the API server answers 400 with this message; `problem` is the part of it that the decoder said. */
  DECODE_INVALID: { status: 400; problem: string };
  /** A patch that is malformed (400), too long (413) or does not fit the object (422, and 500 where Kubernetes says so). */
  PATCH_INVALID: { status: 400 | 413 | 422 | 500 };
  /** A schema that is not structural; `problems` has one entry for each fault. */
  SCHEMA_INVALID: { problems: FieldError[] };
}

/** The one error class of the object semantics: match on `code`. Messages are the API server's texts. */
export class ObjectError<C extends keyof ObjectErrors = keyof ObjectErrors> extends ToolkitError<C, ObjectErrors[C]> {}
