import { type KubeObject } from "@sluice/api";
import { type Resource } from "../discovery/resource.ts";
import { ObjectError } from "../schema/errors.ts";
import { type FieldError } from "../schema/field-error.ts";
import { type RegistryContext, type WriteOptions } from "./context.ts";
import { invalid, quote } from "./status-error.ts";

/**
 * Removes the fields that the kind does not have, in place.
 * @returns warnings about them, if the client wants warnings.
 * @throws {ObjectError} DECODE_INVALID that names them all, if the client wants to be refused.
 */
export function dropUnknownFields(object: KubeObject, resource: Resource, options: WriteOptions): string[] {
  const unknown = resource.schema.prune(object).map((path) => `unknown field ${quote(path)}`);
  const faults = [...unknown, ...(options.decodeWarnings ?? [])];
  if (faults.length === 0 || options.fieldValidation === "Ignore") return [];
  if (options.fieldValidation === "Warn") return faults;
  throw strictError(resource, faults);
}

function strictError({ kind, version }: Resource, faults: readonly string[]): ObjectError<"DECODE_INVALID"> {
  const problem = `strict decoding error: ${faults.join(", ")}`;
  const message = `${kind} in version ${quote(version)} cannot be handled as a ${kind}: ${problem}`;
  return new ObjectError("DECODE_INVALID", message, { status: 400, problem });
}

/**
 * Refuses an object that is not valid.
 * @throws {StatusError} 422 with every fault.
 */
export function refuseInvalid(
  cx: RegistryContext,
  resource: Resource,
  objects: { object: KubeObject; live: KubeObject | undefined },
): void {
  const { object, live } = objects;
  const errors: FieldError[] = [
    ...resource.schema.validate(object, live),
    ...(cx.hooks.get(resource.collection)?.validate?.(object, live) ?? []),
  ];
  if (errors.length > 0) throw invalid(resource, object.metadata.name ?? "", errors);
}
