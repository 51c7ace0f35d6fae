import { type Desired } from "./desired.ts";
import { type Applied } from "./ledger.ts";
import { type Live } from "./live.ts";
import { samePolicy } from "./policy.ts";

/** What the watches say of an object: `absent` may also mean that it exists without our labels; `unknown`, that its kind is not watched. */
export type Sight = Live | "absent" | "unknown";

/** Why an object is not sent: it is as wanted; it says so itself; it exists and was only to be created. */
export type SkipReason = "unchanged" | "excluded" | "exists";

/** What is to be done with one object. */
export type Step =
  | { do: "skip"; desired: Desired; sight: Sight; because: SkipReason }
  | { do: "write"; desired: Desired; sight: Sight };

/** What planning looks at. */
export interface View {
  sight(desired: Desired): Sight;
  /** How this owner's last apply left the object. */
  applied(desired: Desired): Applied | undefined;
}

/** Decides for each object whether to send it. Pure and total: every object has exactly one step, in the order given. */
export function planApply(desired: readonly Desired[], view: View): Step[] {
  return desired.map((one) => planOne(one, view.sight(one), view.applied(one)));
}

function planOne(desired: Desired, sight: Sight, applied: Applied | undefined): Step {
  const because = desired.policy.excluded ? "excluded" : exclusion(desired, sight);
  if (because !== undefined) return { do: "skip", desired, sight, because };
  if (applied?.digest === desired.digest && isAsLeft(applied, sight))
    return { do: "skip", desired, sight, because: "unchanged" };
  return { do: "write", desired, sight };
}

/** Why an object that exists is left alone, if it is: by its own word, or because it was only to be created. */
export function exclusion(desired: Desired, sight: Sight): "excluded" | "exists" | undefined {
  if (typeof sight === "string") return undefined;
  if (sight.policy.excluded) return "excluded";
  return desired.policy.createOnly ? "exists" : undefined;
}

/** Whether an object is as it was left: the same one, ours, with the fields that we owned. Whatever else changed is not our business. */
export function isAsLeft(applied: Applied, sight: Sight): boolean {
  return difference(applied, sight) === undefined;
}

/**
 * In what an object differs from how it was left; undefined if it does not. One that is being deleted does not yet: nothing can be mended before it is gone.
 */
export function difference(
  { left, leftAlone }: Applied,
  sight: Sight,
): "deleted" | "claimed" | "changed" | "policy" | "unknown" | undefined {
  if (sight === "unknown") return "unknown";
  if (sight === "absent" || sight.uid !== left.uid) return "deleted";
  if (leftAlone) return samePolicy(sight.policy, left.policy) ? undefined : "policy";
  if (sight.claim !== left.claim) return "claimed";
  if (sight.ours !== left.ours) return "changed";
  return samePolicy(sight.policy, left.policy) ? undefined : "policy";
}
