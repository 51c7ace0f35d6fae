import { expect, test } from "vitest";
import { run } from "./commands.ts";

test("run() passes the input and returns both outputs", async () => {
  expect(await run("/bin/sh", ["-c", "cat; echo warning >&2"], { input: "text" })).toEqual({
    stdout: "text",
    stderr: "warning\n",
  });
});

test("run() tells standard error while the program runs", async () => {
  const seen: string[] = [];
  await run("/bin/sh", ["-c", "echo one >&2"], { onStderr: (text) => seen.push(text) });
  expect(seen.join("")).toBe("one\n");
});

test("run() fails with the exit code and what was printed", async () => {
  await expect(run("/bin/sh", ["-c", "echo out; echo why >&2; exit 3"])).rejects.toMatchObject({
    code: "COMMAND_FAILED",
    data: { code: 3, stdout: "out\n", stderr: "why\n" },
    message: expect.stringContaining("exit code 3: why"),
  });
});

test("run() fails without an exit code when there is no such program", async () => {
  await expect(run("/no/such/program", [])).rejects.toMatchObject({ code: "COMMAND_FAILED", data: { code: null } });
});

test("run() fails when its signal aborts", async () => {
  const stop = new AbortController();
  const running = run("/bin/sh", ["-c", "read -r line"], { signal: stop.signal });
  stop.abort();
  await expect(running).rejects.toMatchObject({ code: "COMMAND_FAILED" });
});

test("run() does not mind a program that never reads its input", async () => {
  expect((await run("/bin/sh", ["-c", "exit 0"], { input: "x".repeat(1 << 20) })).stdout).toBe("");
});
