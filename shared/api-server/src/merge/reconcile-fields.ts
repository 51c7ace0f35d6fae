import { FieldSet } from "./field-set.ts";
import { type Managers } from "./managed-fields.ts";
import { type MergeType } from "./merge-type.ts";
import { fieldName, isKeyElement, type PathElement } from "./path-element.ts";

/**
 * Brings sets that were written under an older schema up to this one: whoever owned parts of what is atomic now owns it as
 * a whole. What was atomic and is granular now stays as it is. Changes `managers`.
 * @source structured-merge-diff `ReconcileFieldSetWithSchema`
 */
export function reconcileManagers(managers: Managers, type: MergeType): void {
  for (const [key, manager] of managers) {
    const fields = reconcileFields(manager.fields, type);
    if (fields !== manager.fields) managers.set(key, { ...manager, fields });
  }
}

/** @returns `set` itself if there is nothing to change */
function reconcileFields(set: FieldSet, type: MergeType): FieldSet {
  let result = set;
  for (const [element, child] of set.children) {
    const below = typeBelow(type, element);
    if (!below || child.isEmpty) continue;
    const reconciled = isAtomic(below) ? undefined : reconcileFields(child, below);
    if (reconciled === child) continue;
    if (result === set) result = new FieldSet(set.members, set.children);
    if (reconciled) result.children.set(element, reconciled);
    else {
      result.children.delete(element);
      result.members.add(element);
    }
  }
  return result;
}

function typeBelow(type: MergeType, element: PathElement): MergeType | undefined {
  const name = fieldName(element);
  if (name !== undefined) return type.map?.isDeduced === false ? (type.map.field(name) ?? type.map.element) : undefined;
  return isKeyElement(element) ? type.list?.items : undefined;
}

function isAtomic({ map, scalar, list }: MergeType): boolean {
  if (map) return map.atomic;
  return scalar === undefined && list?.atomic === true;
}
