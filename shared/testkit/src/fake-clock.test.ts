import { sleep } from "@sluice/base";
import { expect, test } from "vitest";
import { fakeClock } from "./fake-clock.ts";

test("advance() runs due timers in order of time, then of setting, each at its own time", async () => {
  const clock = fakeClock();
  const ran: string[] = [];
  const set = (name: string, ms: number) => clock.after(ms, () => ran.push(`${name}@${clock.monotonicMs()}`));
  set("late", 20);
  set("first", 10);
  set("second", 10);
  set("beyond", 31);
  await clock.advance(30);
  expect(ran).toEqual(["first@10", "second@10", "late@20"]);
  expect(clock.pending()).toEqual([1]);
});

test("advance() runs timers that promise callbacks set on the way", async () => {
  const clock = fakeClock();
  const ticks: number[] = [];
  const tick = async () => {
    for (let count = 0; count < 3; count++) {
      await sleep(clock, 10);
      ticks.push(clock.monotonicMs());
    }
  };
  void tick();
  await clock.advance(25);
  expect(ticks).toEqual([10, 20]);
});

test("a disposed timer does not run", async () => {
  const clock = fakeClock();
  let ran = false;
  const timer = clock.after(10, () => {
    ran = true;
  });
  timer[Symbol.dispose]();
  await clock.advance(10);
  expect([ran, clock.pending()]).toEqual([false, []]);
});

test("jump() moves the wall clock only, pause() runs no timer before the next advance", async () => {
  const clock = fakeClock(1000);
  let ranAtMs = 0;
  clock.after(10, () => {
    ranAtMs = clock.monotonicMs();
  });
  clock.jump(-500);
  expect([clock.now(), clock.monotonicMs()]).toEqual([500, 0]);
  clock.pause(40);
  expect([clock.now(), ranAtMs]).toEqual([540, 0]);
  await clock.advance(0);
  expect(ranAtMs).toBe(40);
});
