import { expect, test } from "vitest";
import { FlagReader } from "./config.ts";

test("require() adds what does not hold to the problems that finish() reports together", () => {
  const read = new FlagReader(["--count=many"], {});
  read.int("count", 1);
  read.require(true, "this holds");
  read.require(false, "this does not");
  expect(() => read.finish({})).toThrow(/count.*; this does not$/);
});
