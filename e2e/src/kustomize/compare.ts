import { messageOf } from "@sluice/base";
import { type BuildCache, build, KustomizeError, memoryTree, renderYaml } from "@sluice/kustomize";
import { acceptedClass } from "./accepted.ts";
import { type Case } from "./case.ts";
import { type Oracle, type OracleAnswer } from "./oracle.ts";

/** What our builder makes of a case; `broken` is an error that no caller could expect. */
type OurAnswer =
  | { readonly is: "built"; readonly output: string }
  | { readonly is: "refused"; readonly error: string }
  | { readonly is: "broken"; readonly error: string };

/** A case and what both made of it. */
export interface Comparison {
  readonly tried: Case;
  readonly ours: OurAnswer;
  readonly theirs: OracleAnswer;
}

/** How a comparison counts. */
export type Verdict =
  | { readonly is: "identical" | "both-refused" | "difference" }
  /** Different, for a reason on the closed list of `accepted.ts`. */
  | { readonly is: "accepted"; readonly reason: string }
  /** The reference gave no answer that ours could be held against. */
  | { readonly is: "reference-crashed"; readonly how: string };

/** Builds a case with both. `cache` may be shared by cases: that it does not matter is part of what is compared. */
export async function compare(tried: Case, oracle: Oracle, cache: BuildCache): Promise<Comparison> {
  return { tried, theirs: await oracle.build(tried), ours: buildOurs(tried, cache) };
}

/** Builds a case with `@sluice/kustomize` as the kustomization controller does. */
function buildOurs({ files, path }: Case, cache: BuildCache): OurAnswer {
  try {
    return { is: "built", output: renderYaml(build(memoryTree(files), path, { cache }).objects) };
  } catch (thrown) {
    if (thrown instanceof KustomizeError) return { is: "refused", error: thrown.message };
    return { is: "broken", error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : messageOf(thrown) };
  }
}

/** Equal bytes or two refusals are agreement; an error of ours that is no `KustomizeError` never is. */
export function judge(comparison: Comparison): Verdict {
  const { ours, theirs } = comparison;
  if (ours.is === "broken") return { is: "difference" };
  if (theirs.is === "crashed") return { is: "reference-crashed", how: theirs.how };
  if (ours.is === "refused" && theirs.is === "refused") return { is: "both-refused" };
  if (ours.is === "built" && theirs.is === "built" && ours.output === theirs.output) return { is: "identical" };
  const reason = acceptedClass(comparison);
  return reason === undefined ? { is: "difference" } : { is: "accepted", reason };
}
