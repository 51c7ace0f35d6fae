import { expect, test } from "vitest";
import { type RawBuildOptions, readBuildOptions, withBareFlags } from "./build-options.ts";

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
];

for (const [raw, message] of REFUSED) {
  test(`readBuildOptions() refuses a value that there is not: ${message}`, () => {
    expect(() => readBuildOptions("app", { ...DEFAULTS, ...raw })).toThrow(message);
  });
}

test("readBuildOptions() takes the flags that allow what is not done here, and says so", () => {
  const raw = { ...DEFAULTS, enableHelm: true, network: true, env: "A=b" };
  expect(readBuildOptions("app", raw).warnings).toEqual([
    "--enable-helm changes nothing: Helm charts are not built",
    "--network changes nothing: functions are not run",
    "--env changes nothing: functions are not run",
  ]);
});

test("withBareFlags() takes the values of boolean flags, and leaves all else", () => {
  expect(withBareFlags(["build", "--enable-helm=true", "--network=False", "--output=x", "a=true"])).toEqual([
    "build",
    "--enable-helm",
    "--output=x",
    "a=true",
  ]);
});
