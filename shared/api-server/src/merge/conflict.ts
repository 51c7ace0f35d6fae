import { type ApplyConflict, ObjectError } from "../schema/errors.ts";
import { type ManagerFields } from "./managed-fields.ts";
import { displayPath } from "./path-element.ts";
import { type FieldConflict } from "./updater.ts";

/** The error of an apply that would take fields from others, with the API server's message. @source `managedfields.NewConflictError` */
export function conflictError(found: readonly FieldConflict[]): ObjectError<"APPLY_CONFLICT"> {
  const conflicts = found
    .map(conflictOf)
    .sort((a, b) => compareText(a.message, b.message) || compareText(a.field, b.field));
  return new ObjectError("APPLY_CONFLICT", conflictText(conflicts), { conflicts });
}

function conflictOf({ owner, path }: FieldConflict): ApplyConflict {
  return { manager: owner.manager, field: displayPath(path), message: `conflict with ${managerText(owner)}` };
}

function conflictText(conflicts: readonly ApplyConflict[]): string {
  const [only] = conflicts;
  if (only && conflicts.length === 1) return `Apply failed with 1 conflict: ${only.message}: ${only.field}`;
  const lines: string[] = [];
  for (const message of new Set(conflicts.map((conflict) => conflict.message))) {
    lines.push(`${message.replace("conflict with", "conflicts with")}:`);
    for (const conflict of conflicts) if (conflict.message === message) lines.push(`- ${conflict.field}`);
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join("\n")}`;
}

function managerText(owner: ManagerFields): string {
  const name = JSON.stringify(owner.manager);
  const named = owner.subresource === "" ? name : `${name} with subresource ${JSON.stringify(owner.subresource)}`;
  return owner.operation === "Update" ? `${named} using ${owner.apiVersion}` : named;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
