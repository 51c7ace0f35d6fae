// Adds up the reports of test runs: a line or two for each test that failed, last of all "N passed, N failed, N skipped".
// Fails if a report is missing, no test ran, or one failed.
import { readFileSync } from "node:fs";
import { relative } from "node:path";

const reports = process.argv.slice(2).map((file) => JSON.parse(readFileSync(file, "utf8")));
const sum = (key) => reports.reduce((total, report) => total + report[key], 0);
const failures = reports.flatMap((report) => report.testResults).flatMap(failuresOf);
const [passed, skipped] = [sum("numPassedTests"), sum("numPendingTests") + sum("numTodoTests")];
for (const failure of failures) console.log(failure);
console.log(`${passed} passed, ${failures.length} failed, ${skipped} skipped`);
if (passed === 0 || failures.length > 0) process.exitCode = 1;

/** A file that could not be loaded has no failed test: it counts as one itself. */
function failuresOf({ name, status, message, assertionResults }) {
  const failed = assertionResults.filter((test) => test.status === "failed");
  if (status === "failed" && failed.length === 0) return [failureText(name, "", message)];
  return failed.map((test) => failureText(name, test.fullName, test.failureMessages[0]));
}

function failureText(file, test, message = "") {
  return `FAILED ${relative(process.cwd(), file)} ${test}\n  ${message.slice(0, 300).replaceAll("\n", "\n  ")}`;
}
