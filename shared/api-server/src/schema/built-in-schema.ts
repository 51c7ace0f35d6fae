import { type KubeObject } from "@sluice/api";
import { type JsonObject } from "@sluice/base";
import { applyDefaults } from "./defaults/apply-defaults.ts";
import { definitionNode, definitionOfKind } from "./definitions.ts";
import { ObjectError } from "./errors.ts";
import { type FieldError } from "./field-error.ts";
import { goDecode, goZero } from "./go-decode.ts";
import { type KindSchema } from "./kind-schema.ts";
import { type OpenApiNode } from "./open-api-node.ts";
import { pruneUnknown } from "./prune-fields.ts";
import { validateBuiltIn } from "./validation/validate-built-in.ts";

/** The schema of a built-in kind, or undefined if there is none of that name in that version. */
export function builtInSchema(apiVersion: string, kind: string): KindSchema | undefined {
  const definition = definitionOfKind(apiVersion, kind);
  const openApi = definition === undefined ? undefined : definitionNode(definition);
  return openApi?.derive(makeSchema);
}

const makeSchema = (openApi: OpenApiNode): KindSchema => new BuiltInSchema(openApi);

class BuiltInSchema implements KindSchema {
  readonly openApi: OpenApiNode;

  constructor(openApi: OpenApiNode) {
    this.openApi = openApi;
  }

  empty(): JsonObject {
    return goZero(this.openApi.definition ?? "");
  }

  defaults(object: KubeObject): void {
    const { managedFields } = object.metadata;
    const problem = goDecode(object, this.openApi);
    if (problem !== undefined) throw decodeError(object, problem);
    if (Array.isArray(managedFields) && managedFields.length === 0) object.metadata.managedFields = [];
    applyDefaults(object, this.openApi);
  }

  prune(object: KubeObject): string[] {
    return pruneUnknown(object, this.openApi);
  }

  validate(object: KubeObject, old?: KubeObject): FieldError[] {
    return validateBuiltIn(object, old);
  }
}

function decodeError({ apiVersion, kind }: KubeObject, problem: string): ObjectError<"DECODE_INVALID"> {
  const version = apiVersion.slice(apiVersion.indexOf("/") + 1);
  const message = `${kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: ${problem}`;
  return new ObjectError("DECODE_INVALID", message, { status: 400, problem });
}
