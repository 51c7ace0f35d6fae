import { type KubeObject } from "@sluice/api";
import { type Json } from "@sluice/base";
import { age } from "./duration-text.ts";

/** A column as a Table names it. */
export type ColumnDefinition = { name: string; type: string; format: string; description: string; priority: number };

/** One column and how its cell is read from an object. `now` is in milliseconds since 1970. */
export interface Column {
  definition: ColumnDefinition;
  cell: (object: KubeObject, now: number) => Json;
}

/** A column: of type string, always shown and not described, unless `more` says otherwise. */
export function column(name: string, cell: Column["cell"], more: Partial<ColumnDefinition> = {}): Column {
  return { definition: { name, type: "string", format: "", description: "", priority: 0, ...more }, cell };
}

export const nameColumn = column("Name", (object) => object.metadata.name, {
  format: "name",
  description: "Name must be unique within a namespace.",
});

export const ageColumn = column("Age", (object, now) => age(object.metadata.creationTimestamp, now), {
  description: "Time since the object was created.",
});
