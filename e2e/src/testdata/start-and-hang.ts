/** Starts a program that never ends, tells its process id, and never ends either: the test kills it. */
import { startProgram } from "../processes.ts";

const [, , scratch = ""] = process.argv;
const program = await startProgram({
  command: "/bin/sh",
  args: ["-c", "trap '' TERM; while :; do sleep 1; done"],
  logPath: `${scratch}/log`,
  scratch,
});
process.stdout.write(`${program.pid}\n`);
await program.ended;
