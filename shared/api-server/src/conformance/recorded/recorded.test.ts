import { isObject, parseJson } from "@sluice/base";
import { expect, test } from "vitest";
import { answersText } from "../../generated/conformance-answers.ts";
import { objectCases } from "./cases.ts";
import { differences } from "./normalize.ts";
import { ObjectLab } from "./object-lab.ts";
import { runRecordedCase } from "./run-case.ts";

const answers = parseJson(answersText);

for (const one of objectCases) {
  test(`${one.name}, as kube-apiserver does`, async () => {
    const lab = new ObjectLab();
    const got = await runRecordedCase(one, (step) => lab.send(step));
    const want = isObject(answers) ? answers[one.name] : undefined;
    expect(differences(want, JSON.parse(JSON.stringify(got)))).toEqual([]);
  });
}
