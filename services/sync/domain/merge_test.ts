import assert from "node:assert/strict";
import fc from "fast-check";
import { ReadingStatus, SyncEntry } from "@codex/protocol";
import { type Extent, extentOf, widest } from "./extent.ts";
import type { LocalEntry } from "./local_entry.ts";
import { type Acknowledged, decide, raiseRemote } from "./merge.ts";
import { keyOfId } from "./entry_key.ts";
import type { RemoteEntry } from "./remote_entry.ts";

const local = (change: Partial<SyncEntry> = {}, idle: string[] = []): LocalEntry => {
  const entry: SyncEntry = {
    externalId: "1",
    status: "reading",
    progress: { volumes: 3, maxVolume: 3 },
    title: "Berserk",
    ...change,
  };
  const hash = JSON.stringify([entry, idle]);
  return { key: keyOfId("1"), entry, extent: extentOf(entry, idle), hash, seriesIds: [] };
};
const remote = (change: Partial<RemoteEntry> = {}): RemoteEntry => ({
  externalId: "1",
  status: "reading",
  volumes: 3,
  ...change,
});
const sent = (...args: Parameters<typeof decide>) => {
  const decision = decide(...args);
  assert.equal(decision.kind, "send");
  return decision.kind === "send" ? decision.entry : undefined;
};
const acknowledged = ({ hash, extent }: LocalEntry): Acknowledged => ({ hash, extent });

Deno.test("what was acknowledged is not sent again, whatever became of it at the service", () => {
  const entry = local();
  for (const held of [undefined, remote({ volumes: 0 }), remote({ volumes: 9 })]) {
    assert.equal(decide(entry, held, acknowledged(entry)).kind, "unchanged");
  }
});

Deno.test("what the service knows already is not sent", () => {
  assert.equal(decide(local(), remote(), undefined).kind, "known");
  assert.equal(decide(local(), remote({ volumes: 9 }), undefined).kind, "known");
  assert.equal(decide(local(), remote({ status: "completed" }), undefined).kind, "known");
  assert.equal(decide(local({ score: 80 }), remote({ score: 80 }), undefined).kind, "known");
  for (
    const news of [
      local({ progress: { volumes: 4 } }),
      local({ progress: { volumes: 1, maxVolume: 4 } }),
      local({ progress: { volumes: 1, maxChapter: 2 } }),
      local({ score: 80 }),
      local({ notes: "Dark" }),
      local({ status: "completed" }),
      local({ progress: { volumes: 3, readBooks: [] } }),
      local({ libraryId: "x" }),
    ]
  ) assert.equal(decide(news, remote(), undefined).kind, "send", JSON.stringify(news.entry));
});

Deno.test("an entry is raised to what the service holds", () => {
  const entry = local({ progress: { volumes: 4, maxVolume: 4, maxChapter: 30 }, score: 70 });
  const held = remote({
    volumes: 6,
    chapters: 50,
    status: "completed",
    startedAt: "2020-01-01T00:00:00.000Z",
    completedAt: "2021-01-01T00:00:00.000Z",
  });
  assert.deepEqual(sent(entry, held, undefined), {
    externalId: "1",
    status: "completed",
    progress: { volumes: 6, maxVolume: 6, maxChapter: 50 },
    title: "Berserk",
    score: 70,
    startedAt: "2020-01-01T00:00:00.000Z",
    completedAt: "2021-01-01T00:00:00.000Z",
  });
});

Deno.test("numbers that our books don't have are not made up", () => {
  const counted = local({ progress: { volumes: 5 } });
  assert.deepEqual(sent(counted, remote({ volumes: 4, chapters: 99 }), undefined)?.progress, {
    volumes: 5,
  });
});

Deno.test("what was set aside at the service stays so until the reader reads on here", () => {
  for (const status of ["on_hold", "dropped"] as const) {
    const held = remote({ status });
    assert.equal(decide(local(), held, undefined).kind, "known");
    assert.equal(sent(local({ score: 5 }), held, undefined)?.status, status);
    assert.equal(sent(local({ progress: { volumes: 4 } }), held, undefined)?.status, "reading");
  }
  assert.equal(sent(local(), remote({ status: "plan_to_read" }), undefined)?.status, "reading");
});

Deno.test("an entry whose time is over, or that is read again, is sent although nothing else changed", () => {
  const before = local();
  const idle = local({}, ["pauseAfterDays"]);
  assert.equal(sent(idle, remote(), acknowledged(before))?.status, "reading");
  const held = remote({ status: "on_hold" });
  assert.equal(sent(before, held, acknowledged(idle))?.status, "reading");
  assert.equal(decide(idle, held, acknowledged(idle)).kind, "unchanged");
});

Deno.test("whatever happens on both sides, nothing that is sent lowers what the service holds", () => {
  const number = fc.option(fc.integer({ min: 0, max: 20 }), { nil: undefined });
  const status = fc.constantFrom(...ReadingStatus.options);
  const ours = fc.record({
    status: fc.constantFrom("reading" as const, "completed" as const),
    volumes: fc.integer({ min: 0, max: 20 }),
    maxVolume: number,
    maxChapter: number,
  });
  const theirs = fc.record({ status, volumes: number, chapters: number });
  const step = fc.oneof(
    fc.record({ kind: fc.constant("read" as const), ours }),
    fc.record({ kind: fc.constant("pull" as const), theirs }),
  );
  fc.assert(fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
    let held: RemoteEntry | undefined;
    let known: Acknowledged | undefined;
    let told: Extent | undefined;
    for (const it of steps) {
      if (it.kind === "pull") {
        held = remote(withoutUndefined(it.theirs) as Partial<RemoteEntry>);
        continue;
      }
      const { status, ...progress } = it.ours;
      const entry = local({ status, progress: withoutUndefined(progress) });
      const decision = decide(entry, held, known);
      if (decision.kind === "send") {
        const { progress: now = {}, status: nowStatus } = SyncEntry.parse(decision.entry);
        assert.ok((now.volumes ?? 0) >= (held?.volumes ?? 0));
        assert.ok(
          (now.maxVolume ?? Infinity) >= Math.max(held?.volumes ?? 0, told?.maxVolume ?? 0),
        );
        assert.ok(
          (now.maxChapter ?? Infinity) >= Math.max(held?.chapters ?? 0, told?.maxChapter ?? 0),
        );
        assert.ok(held?.status !== "completed" || nowStatus === "completed");
        held = raiseRemote(held, decision.entry);
      }
      if (decision.kind !== "unchanged") {
        told = widest(entry.extent, told);
        known = { hash: entry.hash, extent: told };
        // Once it is acknowledged it is never sent again as it is.
        assert.equal(decide(entry, held, known).kind, "unchanged");
      }
    }
  }));
});

function withoutUndefined<Fields extends object>(fields: Fields): Partial<Fields> {
  return JSON.parse(JSON.stringify(fields));
}
