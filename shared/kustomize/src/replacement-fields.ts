import { flag, integer, listOf, optional, record, text, type Decoded } from "./decode.ts";

/** The fields of a selector of resources; every part is a pattern. */
export const selectorFields = {
  group: text,
  version: text,
  kind: text,
  name: text,
  namespace: text,
  annotationSelector: text,
  labelSelector: text,
};

const options = optional(record({ delimiter: text, index: integer, encoding: text, create: flag }));
const target = record({
  select: optional(record(selectorFields)),
  reject: listOf(record(selectorFields)),
  fieldPaths: listOf(text),
  options,
});

/** The fields of one replacement. */
export const replacementFields = {
  source: optional(
    record({ group: text, version: text, kind: text, name: text, namespace: text, fieldPath: text, options }),
  ),
  sourceValue: optional(text),
  targets: listOf(target),
};

export type Selector = Decoded<typeof selectorFields>;
export type Replacement = Decoded<typeof replacementFields>;
export type ReplacementTarget = Replacement["targets"][number];
