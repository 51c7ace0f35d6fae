import { systemClock } from "@sluice/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import { describeReal } from "../describe-real.ts";
import { type Case } from "./case.ts";
import { judge } from "./compare.ts";
import { openOracle } from "./oracle.ts";
import { runParity } from "./parity.ts";
import { countsText, differenceText } from "./report.ts";

function caseOf(files: Record<string, string>): Case {
  return { files, path: "" };
}

const configMap = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";

await describeReal("builds compared with kustomize's", ["kustomize-oracle"], (assets) => {
  const oracleOf = (options: { timeoutMs?: number } = {}) =>
    openOracle(assets().path["kustomize-oracle"], { clock: systemClock, ...options });

  test("random kustomizations come out byte for byte as from kustomize, and most of them build", async () => {
    using oracle = oracleOf();
    const report = await runParity({ oracle, runs: 400, seed: 2024 });
    expect(report.differences.map(differenceText)).toEqual([]);
    expect(report.identical, countsText(report)).toBeGreaterThan(0.65 * report.runs);
    expect(report.bothRefused, countsText(report)).toBeLessThan(0.25 * report.runs);
  });

  test("a build, a refusal and a panic of the reference are told apart", async () => {
    using oracle = oracleOf();
    const built = await oracle.build(caseOf({ "kustomization.yaml": "resources: [a.yaml]", "a.yaml": configMap }));
    expect(built).toEqual({ is: "built", output: configMap });
    const refused = await oracle.build(caseOf({ "kustomization.yaml": "resources: [b.yaml]" }));
    expect(refused).toMatchObject({ is: "refused", error: expect.stringContaining("b.yaml") });
    const bad = "resources: [a.yaml]\nimages: [{name: '[', newTag: x}]\n";
    const pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{image: i}]}\n";
    const crashed = await oracle.build(caseOf({ "kustomization.yaml": bad, "a.yaml": pod }));
    expect(crashed).toMatchObject({ is: "crashed", how: expect.stringMatching(/^panic: runtime error/) });
    expect(judge({ tried: caseOf({}), ours: { is: "built", output: "" }, theirs: crashed }).is).toBe(
      "reference-crashed",
    );
  });

  test("a schema of one case has no effect on the next", async () => {
    using oracle = oracleOf();
    const plain = { "a.yaml": configMap, "kustomization.yaml": "resources: [a.yaml]\nnamespace: n\n" };
    const before = await oracle.build(caseOf(plain));
    const schema = JSON.stringify({ definitions: {}, paths: {} });
    const own = {
      ...plain,
      "s.json": schema,
      "kustomization.yaml": `${plain["kustomization.yaml"]}openapi: {path: s.json}\n`,
    };
    await oracle.build(caseOf(own));
    expect(await oracle.build(caseOf(plain))).toEqual(before);
  });

  test("a reference that gives no answer in time is started again", async () => {
    using oracle = oracleOf({ timeoutMs: 0 });
    const one = caseOf({ "kustomization.yaml": "resources: [a.yaml]", "a.yaml": configMap });
    expect(await oracle.build(one)).toEqual({ is: "crashed", how: "no answer within 0 ms" });
    expect(await oracle.build(one)).toEqual({ is: "crashed", how: "no answer within 0 ms" });
  });

  test("a difference is made as small as it can be, and ends the run", async () => {
    const real = oracleOf();
    const lying = {
      build: async (tried: Case) => {
        const answer = await real.build(tried);
        const name = /^ {2}name: (b+)$/m.exec(answer.is === "built" ? answer.output : "")?.[1];
        return name !== undefined && name.length > 3 ? ({ is: "built", output: "something else" } as const) : answer;
      },
      [Symbol.dispose]: () => real[Symbol.dispose](),
    };
    using oracle = lying;
    const cases = fc.integer({ min: 1, max: 40 }).map((length) => {
      const text = configMap.replace("name: a", `name: ${"b".repeat(length)}`);
      return caseOf({ "kustomization.yaml": "resources: [a.yaml]", "a.yaml": text });
    });
    const report = await runParity({ oracle, runs: 200, seed: 7, cases });
    expect(report.differences).toHaveLength(1);
    expect(report.differences[0]?.tried.files["a.yaml"]).toContain("name: bbbb\n");
  });
});
