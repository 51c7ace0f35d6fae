import { expect, test } from "vitest";
import { type RawBuildOptions, readBuildOptions } from "./build-options.ts";

const DEFAULTS: RawBuildOptions = { loadRestrictor: "LoadRestrictionsRootOnly" };

test("readBuildOptions() has kustomize's defaults", () => {
  expect(readBuildOptions("app", DEFAULTS)).toEqual({
    dir: "app",
    output: undefined,
    loadRestriction: "root-only",
    sort: "legacy",
    managedByLabel: false,
    warnings: [],
  });
});

test("readBuildOptions() takes kustomize's values, and says what is deprecated", () => {
  const raw = { loadRestrictor: "LoadRestrictionsNone", reorder: "none", output: "x.yaml", enableManagedbyLabel: true };
  const options = readBuildOptions("app", raw);
  expect(options).toMatchObject({ loadRestriction: "none", sort: "none", output: "x.yaml", managedByLabel: true });
  expect(options.warnings).toEqual([
    '--reorder is deprecated; use "sortOptions" in the kustomization',
    '--enable-managedby-label is deprecated; use "buildMetadata: [managedByLabel]" in the kustomization',
  ]);
});

const REFUSED: readonly (readonly [raw: Partial<RawBuildOptions>, message: string])[] = [
  [{ loadRestrictor: "none" }, '--load-restrictor "none" is none of LoadRestrictionsRootOnly, LoadRestrictionsNone'],
  [{ reorder: "fifo" }, '--reorder "fifo" is none of legacy, none'],
  [{ enableHelm: true }, "--enable-helm: Helm charts are not built"],
  [{ helmKubeVersion: "1.30" }, "--helm-kube-version: Helm charts are not built"],
  [{ enableAlphaPlugins: true }, "--enable-alpha-plugins: plugins that are not built in are not run"],
  [{ network: true }, "--network: functions are not run"],
  [{ env: "A=b" }, "--env: functions are not run"],
];

for (const [raw, message] of REFUSED) {
  test(`readBuildOptions() refuses what is not done: ${message}`, () => {
    expect(() => readBuildOptions("app", { ...DEFAULTS, ...raw })).toThrow(message);
  });
}
