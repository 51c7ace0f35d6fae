import { describe } from "vitest";
import { type Assets, kubeAssets, type Tool } from "./assets.ts";

/** The programs that a group of tests asked for. */
export type RealAssets<T extends Tool> = Exclude<Assets<T>, { missing: string }>;

/**
 * A group of tests that need real components. Where these cannot be had, each test is reported as skipped, by name, and
 * the group says why; with `SLUICE_E2E=required` the file fails instead.
 * @param body gets a function that tests and hooks call for the programs; not to be called while tests are collected.
 * @throws {E2eError} ASSETS_MISSING
 */
export async function describeReal<T extends Tool>(
  name: string,
  needs: readonly T[],
  body: (assets: () => RealAssets<T>) => void,
): Promise<void> {
  const assets = await kubeAssets(needs);
  if ("missing" in assets) {
    const unavailable = () => {
      throw new Error(`Cannot use "${needs.join(", ")}": ${assets.missing}`);
    };
    describe.skip(`${name} (skipped: ${assets.missing})`, () => body(unavailable));
  } else {
    describe(name, () => body(() => assets));
  }
}
