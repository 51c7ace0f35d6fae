import { type KubeObject } from "@sluice/api";
import { type Clock, type Json, type JsonObject } from "@sluice/base";
import { type Resource } from "../discovery/resource.ts";
import { builtInColumns } from "./built-in-columns.ts";
import { type Column, type ColumnDefinition, column, nameColumn } from "./column.ts";
import { customColumns } from "./custom-columns.ts";

/** How the objects of one resource are shown as a table. */
export interface Table {
  columns: ColumnDefinition[];
  cells(object: KubeObject): Json[];
  /** Conditions of a row: a pod that has ended is `Completed`. */
  conditions(object: KubeObject): JsonObject[];
}

/** The table of a resource: that of its kind, of its CustomResourceDefinition, or name and age. */
export function tableOf(resource: Resource, clock: Clock): Table {
  const columns = resource.custom
    ? customColumns(resource.custom.columns)
    : (builtInColumns(resource) ?? nameAndCreation());
  return {
    columns: columns.map((column) => column.definition),
    cells: (object) => columns.map((column) => column.cell(object, clock.now())),
    conditions: (object) => (resource.collection === "/pods" ? podConditions(object) : []),
  };
}

function nameAndCreation(): Column[] {
  const created = (object: KubeObject) => object.metadata.creationTimestamp ?? null;
  return [nameColumn, column("Created At", created, { type: "date", description: "When the object was created." })];
}

function podConditions(pod: KubeObject): JsonObject[] {
  const phase = (pod["status"] as JsonObject | undefined)?.["phase"];
  if (phase !== "Succeeded" && phase !== "Failed") return [];
  const message = phase === "Succeeded" ? "The pod has completed successfully." : "The pod failed.";
  return [{ type: "Completed", status: "True", reason: phase, message }];
}
