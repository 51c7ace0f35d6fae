import { type ArtifactNotice, type Bus, type RequestNotice } from "@sluice/bus";
import { expect, test, vi } from "vitest";

/** A place where buses meet; disposing it closes them and what carries their messages. */
export interface BusLab extends AsyncDisposable {
  /** Another end of the same bus, as another controller has one; closed with the lab. */
  open(name: string): Bus;
}

/** A valid notice about GitRepository `name` of namespace `default`. */
export function artifactNotice(name: string, revision: string, more: Partial<ArtifactNotice> = {}): ArtifactNotice {
  const url = `http://source-controller.flux-system.svc/gitrepository/default/${name}/latest.tar.gz`;
  const digest = `sha256:${"0123456789abcdef".repeat(4)}`;
  return { kind: "GitRepository", namespace: "default", name, revision, digest, url, size: 1234, ...more };
}

/** A valid request for GitRepository `name` of namespace `default`. */
export function requestNotice(name: string, requestedAt: string): RequestNotice {
  return { kind: "GitRepository", namespace: "default", name, requestedAt };
}

/** A handler that remembers, and an end to its listening. */
export interface NoticeRecorder<T> {
  readonly notices: T[];
  /** Revisions or request times in the order of arrival. */
  readonly seen: string[];
  readonly handler: (notice: T) => void;
  readonly stop: AbortController;
}

/** @param tell what to remember of each notice in `seen` */
export function noticeRecorder<T>(tell: (notice: T) => string): NoticeRecorder<T> {
  const notices: T[] = [];
  const seen: string[] = [];
  const handler = (notice: T) => {
    notices.push(notice);
    seen.push(tell(notice));
  };
  return { notices, seen, handler, stop: new AbortController() };
}

const TIMEOUT_MS = 20_000;
const byRevision = (notice: ArtifactNotice) => `${notice.name}@${notice.revision}`;
const byTime = (notice: RequestNotice) => `${notice.name}@${notice.requestedAt}`;

/** Waits until `check` passes: messages travel through another process. */
export async function untilPasses(check: () => void | Promise<void>): Promise<void> {
  await vi.waitFor(check, { timeout: TIMEOUT_MS, interval: 5 });
}

/** Flushes with a bound on the wait. */
export async function flushAll(...buses: readonly Bus[]): Promise<void> {
  for (const bus of buses) await bus.flush(AbortSignal.timeout(TIMEOUT_MS));
}

/** What every bus promises, whatever carries its messages: tests to be called inside a `describe`. */
export function busContract(makeLab: () => Promise<BusLab>): void {
  test("an artifact notice reaches every handler that listens, unchanged", async () => {
    await using lab = await makeLab();
    const [source, one, two] = [lab.open("source"), lab.open("one"), lab.open("two")];
    const [first, second] = [noticeRecorder(byRevision), noticeRecorder(byRevision)];
    void one.onArtifact(first.handler, first.stop.signal);
    void two.onArtifact(second.handler, second.stop.signal);
    await flushAll(source, one, two);
    const notice = artifactNotice("app", "main@sha1:1");
    source.publishArtifact(notice);
    await untilPasses(() => expect([first.notices, second.notices]).toEqual([[notice], [notice]]));
  });

  test("a handler that comes later gets the last notice of each object, then what is new", async () => {
    await using lab = await makeLab();
    const [source, late] = [lab.open("source"), lab.open("late")];
    for (const revision of ["1", "2", "3"]) {
      source.publishArtifact(artifactNotice("app", revision));
      await flushAll(source);
    }
    source.publishArtifact(artifactNotice("infra", "1"));
    await flushAll(source);
    const record = noticeRecorder(byRevision);
    void late.onArtifact(record.handler, record.stop.signal);
    await untilPasses(() => expect(record.seen).toEqual(["app@3", "infra@1"]));
    source.publishArtifact(artifactNotice("app", "4"));
    await untilPasses(() => expect(record.seen).toEqual(["app@3", "infra@1", "app@4"]));
  });

  test("notices of one object arrive in order, and the newest always arrives", async () => {
    await using lab = await makeLab();
    const [source, listener] = [lab.open("source"), lab.open("listener")];
    const record = noticeRecorder<ArtifactNotice>((notice) => notice.revision);
    void listener.onArtifact(record.handler, record.stop.signal);
    await flushAll(source, listener);
    for (let revision = 1; revision <= 200; revision++) source.publishArtifact(artifactNotice("app", String(revision)));
    await untilPasses(() => expect(record.seen.at(-1)).toBe("200"));
    const numbers = record.seen.map(Number);
    expect(numbers).toEqual(numbers.toSorted((a, b) => a - b));
  });

  test("a revert is news: the same artifact published again arrives again", async () => {
    await using lab = await makeLab();
    const [source, listener] = [lab.open("source"), lab.open("listener")];
    const record = noticeRecorder(byRevision);
    void listener.onArtifact(record.handler, record.stop.signal);
    await flushAll(listener);
    for (const revision of ["A", "B", "A"]) {
      source.publishArtifact(artifactNotice("app", revision));
      await flushAll(source);
    }
    await untilPasses(() => expect(record.seen).toEqual(["app@A", "app@B", "app@A"]));
  });

  test("objects whose names differ only in dots and dashes are kept apart", async () => {
    await using lab = await makeLab();
    const [source, listener] = [lab.open("source"), lab.open("listener")];
    for (const name of ["a.b", "a-b", "a.b.c"]) source.publishArtifact(artifactNotice(name, "1"));
    await flushAll(source);
    const record = noticeRecorder(byRevision);
    void listener.onArtifact(record.handler, record.stop.signal);
    await untilPasses(() => expect(record.seen.toSorted()).toEqual(["a-b@1", "a.b.c@1", "a.b@1"]));
  });

  test("notices about 1,000 objects at once all arrive", async () => {
    await using lab = await makeLab();
    const [source, listener] = [lab.open("source"), lab.open("listener")];
    const record = noticeRecorder(byRevision);
    void listener.onArtifact(record.handler, record.stop.signal);
    for (let index = 0; index < 1000; index++) source.publishArtifact(artifactNotice(`app-${index}`, "1"));
    await untilPasses(() => expect(new Set(record.seen).size).toBe(1000));
    await flushAll(source);
    expect(source.stats).toMatchObject({ published: 1000, dropped: 0, refused: 0 });
  });

  test("an invalid notice is refused and counted, and the next one passes", async () => {
    await using lab = await makeLab();
    const [source, listener] = [lab.open("source"), lab.open("listener")];
    const record = noticeRecorder(byRevision);
    void listener.onArtifact(record.handler, record.stop.signal);
    await flushAll(listener);
    for (const wrong of [
      { name: "*" },
      { namespace: "" },
      { size: -1 },
      { digest: "sha256:" },
      { url: "file:///etc" },
    ]) {
      source.publishArtifact(artifactNotice("app", "bad", wrong));
    }
    source.publishArtifact(artifactNotice("app", "good"));
    await untilPasses(() => expect(record.seen).toEqual(["app@good"]));
    await flushAll(source);
    expect(source.stats).toMatchObject({ refused: 5, published: 1 });
  });

  test("a handler that throws goes on to get notices, and so do the others", async () => {
    await using lab = await makeLab();
    const [source, listener] = [lab.open("source"), lab.open("listener")];
    const record = noticeRecorder(byRevision);
    const broken = (notice: ArtifactNotice) => {
      record.handler(notice);
      throw new Error("broken handler");
    };
    void listener.onArtifact(broken, record.stop.signal);
    await flushAll(listener);
    const failedBefore = listener.stats.failed;
    for (const name of ["one", "two"]) source.publishArtifact(artifactNotice(name, "1"));
    await untilPasses(() => expect(record.seen.toSorted()).toEqual(["one@1", "two@1"]));
    expect(listener.stats.failed - failedBefore).toBe(2);
  });

  test("a handler may change its notice without anybody else seeing it", async () => {
    await using lab = await makeLab();
    const [source, listener] = [lab.open("source"), lab.open("listener")];
    const record = noticeRecorder(byRevision);
    const vandal = (notice: ArtifactNotice) => {
      notice.revision = "vandalised";
    };
    void listener.onArtifact(vandal, record.stop.signal);
    void listener.onArtifact(record.handler, record.stop.signal);
    await flushAll(listener);
    const notice = artifactNotice("app", "1");
    source.publishArtifact(notice);
    notice.revision = "changed after publishing";
    await untilPasses(() => expect(record.seen).toEqual(["app@1"]));
  });

  test("a request reaches those who listen, and nobody who comes later", async () => {
    await using lab = await makeLab();
    const [asker, early, late] = [lab.open("asker"), lab.open("early"), lab.open("late")];
    const [first, second] = [noticeRecorder(byTime), noticeRecorder(byTime)];
    void early.onRequest(first.handler, first.stop.signal);
    await flushAll(asker, early);
    asker.publishRequest(requestNotice("app", "2026-11-23T07:00:00Z"));
    await untilPasses(() => expect(first.seen).toEqual(["app@2026-11-23T07:00:00Z"]));
    void late.onRequest(second.handler, second.stop.signal);
    await flushAll(late);
    asker.publishRequest(requestNotice("app", "later"));
    const expected = [["app@2026-11-23T07:00:00Z", "app@later"], ["app@later"]];
    await untilPasses(() => expect([first.seen, second.seen]).toEqual(expected));
  });

  test("a request is no artifact notice, and an artifact notice no request", async () => {
    await using lab = await makeLab();
    const [source, listener] = [lab.open("source"), lab.open("listener")];
    const [artifacts, requests] = [noticeRecorder(byRevision), noticeRecorder(byTime)];
    void listener.onArtifact(artifacts.handler, artifacts.stop.signal);
    void listener.onRequest(requests.handler, requests.stop.signal);
    await flushAll(source, listener);
    source.publishArtifact(artifactNotice("app", "1"));
    source.publishRequest(requestNotice("app", "now"));
    await untilPasses(() => expect([artifacts.seen, requests.seen]).toEqual([["app@1"], ["app@now"]]));
    expect(listener.stats.invalid).toBe(0);
  });

  test("listening resolves when its signal aborts, and the handler gets nothing more", async () => {
    await using lab = await makeLab();
    const [source, listener] = [lab.open("source"), lab.open("listener")];
    const [ended, other] = [noticeRecorder(byRevision), noticeRecorder(byRevision)];
    const ending = listener.onArtifact(ended.handler, ended.stop.signal);
    void listener.onArtifact(other.handler, other.stop.signal);
    await flushAll(source, listener);
    ended.stop.abort();
    await ending;
    source.publishArtifact(artifactNotice("app", "1"));
    await untilPasses(() => expect(other.seen).toEqual(["app@1"]));
    expect(ended.seen).toEqual([]);
  });

  test("listening with a signal that has aborted resolves at once", async () => {
    await using lab = await makeLab();
    const bus = lab.open("listener");
    const unexpected = () => expect.unreachable();
    await Promise.all([
      bus.onArtifact(unexpected, AbortSignal.abort()),
      bus.onRequest(unexpected, AbortSignal.abort()),
    ]);
  });

  test("flush() throws the reason of its signal", async () => {
    await using lab = await makeLab();
    const reason = new Error("no time");
    await expect(lab.open("source").flush(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test("a disposed bus ends its listeners, drops what is published, and cannot be flushed", async () => {
    await using lab = await makeLab();
    const bus = lab.open("source");
    const listening = [
      bus.onArtifact(() => {}, new AbortController().signal),
      bus.onRequest(() => {}, new AbortController().signal),
    ];
    await flushAll(bus);
    expect(bus.connected).toBe(true);
    const droppedBefore = bus.stats.dropped;
    await bus[Symbol.asyncDispose]();
    await Promise.all(listening);
    bus.publishArtifact(artifactNotice("app", "1"));
    bus.publishRequest(requestNotice("app", "now"));
    expect({ connected: bus.connected, dropped: bus.stats.dropped - droppedBefore }).toEqual({
      connected: false,
      dropped: 2,
    });
    await expect(bus.flush(new AbortController().signal)).rejects.toMatchObject({ code: "CLOSED" });
  });
}
