import { badRequest, StatusError } from "../registry/status-error.ts";
import { type ObjectError, type ObjectErrors } from "../schema/errors.ts";

/** What the client is told of a failed patch or server-side apply. */
export function objectFailure(error: ObjectError): StatusError {
  if (error.code === "APPLY_CONFLICT") return applyConflict(error as ObjectError<"APPLY_CONFLICT">);
  const { status } = error.data as ObjectErrors["APPLY_INVALID"] | ObjectErrors["PATCH_INVALID"];
  if (status === 400) return badRequest(error.message);
  if (status === 422) return new StatusError("Invalid", error.message, { httpCode: 422 });
  return new StatusError("Unknown", error.message, { httpCode: 500 });
}

function applyConflict(error: ObjectError<"APPLY_CONFLICT">): StatusError {
  const causes = error.data.conflicts.map(({ field, message }) => ({ reason: "FieldManagerConflict", message, field }));
  return new StatusError("Conflict", error.message, { httpCode: 409, details: { causes } });
}
