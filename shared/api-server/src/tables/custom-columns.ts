import { type KubeObject } from "@sluice/api";
import { type Json } from "@sluice/base";
import { type PrinterColumn } from "../discovery/resource.ts";
import { ageColumn, type Column, column, nameColumn } from "./column.ts";
import { age } from "./duration-text.ts";
import { jsonPathText, readJsonPath } from "./json-path.ts";

/** The columns of a custom resource: its name, then those its definition lists, or its age if there are none. */
export function customColumns(columns: readonly PrinterColumn[]): Column[] {
  return [nameColumn, ...(columns.length > 0 ? columns.map(customColumn) : [AGE])];
}

const AGE: Column = { ...ageColumn, definition: { ...ageColumn.definition, type: "date" } };

function customColumn({ name, type, format = "", description = "", priority = 0, jsonPath }: PrinterColumn): Column {
  const more = {
    type,
    format,
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority,
  };
  return column(name, (object, now) => cell(object, { type, jsonPath, now }), more);
}

/** A value of another type than the column's is shown as nothing; dates are shown as ages. */
function cell(object: KubeObject, { type, jsonPath, now }: { type: string; jsonPath: string; now: number }): Json {
  const values = readJsonPath(object, jsonPath);
  const [first] = values;
  if (first === undefined || first === null) return null;
  if (type === "date") return typeof first === "string" ? age(first, now) : "<unknown>";
  if (type === "boolean") return typeof first === "boolean" ? first : null;
  if (type === "integer")
    return typeof first === "number" ? Math.trunc(first) : typeof first === "bigint" ? first : null;
  if (type === "number") return typeof first === "number" || typeof first === "bigint" ? first : null;
  return jsonPathText(values);
}
