import { expect, test } from "vitest";
import { WakeUps } from "./wakeups.ts";

test("fire() names exactly the keys that wait for the topic", () => {
  const wakeUps = new WakeUps();
  for (const [key, topics] of [
    ["a", ["x", "y"]],
    ["b", ["y"]],
    ["c", ["z"]],
  ] as const) {
    wakeUps.begin(key);
    wakeUps.wait(key, topics);
    wakeUps.end(key);
  }
  expect(wakeUps.fire("y")).toEqual(["a", "b"]);
  expect(wakeUps.fire("x")).toEqual(["a"]);
  expect(wakeUps.fire("nobody")).toEqual([]);
});

test("wait() tells of a topic that fired while the run was under way, so that no wake-up is lost", () => {
  const wakeUps = new WakeUps();
  wakeUps.begin("a");
  expect(wakeUps.fire("x")).toEqual([]);
  expect(wakeUps.wait("a", ["x"])).toBe(true);
});

test("wait() does not count a topic that fired before the run began, though another run was under way", () => {
  const wakeUps = new WakeUps();
  wakeUps.begin("long");
  wakeUps.fire("x");
  wakeUps.begin("a");
  expect(wakeUps.wait("a", ["x"])).toBe(false);
});

test("begin() ends the earlier waits of the key", () => {
  const wakeUps = new WakeUps();
  wakeUps.begin("a");
  wakeUps.wait("a", ["x"]);
  wakeUps.end("a");
  wakeUps.begin("a");
  wakeUps.wait("a", ["y"]);
  expect(wakeUps.fire("x")).toEqual([]);
  expect(wakeUps.fire("y")).toEqual(["a"]);
});

test("drop() forgets a key", () => {
  const wakeUps = new WakeUps();
  wakeUps.begin("a");
  wakeUps.wait("a", ["x"]);
  wakeUps.drop("a");
  expect(wakeUps.fire("x")).toEqual([]);
});

test("a topic that fired is remembered only as long as a run that began before is under way", () => {
  const wakeUps = new WakeUps();
  wakeUps.begin("first");
  wakeUps.fire("x");
  wakeUps.begin("second");
  wakeUps.fire("y");
  wakeUps.end("first");
  expect(wakeUps.remembered).toBe(1);
  expect(wakeUps.wait("second", ["y"])).toBe(true);
  wakeUps.end("second");
  expect(wakeUps.remembered).toBe(0);
});
