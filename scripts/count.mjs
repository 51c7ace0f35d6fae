// Adds up the reports of test runs and prints one line: N passed, N failed, N skipped. Fails if a report is missing or no test ran.
import { readFileSync } from "node:fs";

const reports = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));
const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
const brokenFiles = reports
  .flatMap((report) => report.testResults)
  .filter((file) => file.status === "failed" && file.assertionResults.every(({ status }) => status !== "failed"));
const [passed, failed, skipped] = [
  sum("numPassedTests"),
  sum("numFailedTests") + brokenFiles.length,
  sum("numPendingTests") + sum("numTodoTests"),
];
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
if (passed === 0 || failed > 0) process.exitCode = 1;
