/** Whatever happens in whatever order, on both sides and to both sides, they end up alike and never go back. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { createFixture, type Fixture } from "../testing/fixture.ts";
import { crash } from "../testing/fake_service.ts";
import type { FakeSeries } from "../testing/fake_library.ts";

const IDS = ["a", "b", "c"];
const VOLUMES = 8;
const DAY_MS = 86_400_000;

type Step =
  /** The reader finishes one of their books here. */
  | { readonly kind: "read"; readonly series: number; readonly book: number }
  /** The reader goes on at the service. */
  | { readonly kind: "remote"; readonly series: number; readonly volumes: number }
  | { readonly kind: "sync" }
  /** A sync whose plugin dies before or after what a call does. */
  | { readonly kind: "dying"; readonly call: number; readonly after: boolean }
  /** A sync whose worker is killed, and another goes on. */
  | { readonly kind: "killed"; readonly call: number };

const series = fc.nat({ max: IDS.length - 1 });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant("read" as const),
      series,
      book: fc.nat({ max: VOLUMES - 1 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("remote" as const),
      series,
      volumes: fc.integer({ min: 1, max: VOLUMES }),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: "sync" as const }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("dying" as const),
      call: fc.integer({ min: 1, max: 4 }),
      after: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("killed" as const),
      call: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

/** Progress of everything on both sides, to be compared number by number. */
function reached({ service }: Fixture, shelf: readonly FakeSeries[]): number[][] {
  return shelf.map((it, index) => [
    ...it.books.map((book) => book.isRead ? 1 : 0),
    service.entries.get(IDS[index]!)?.volumes ?? 0,
  ]);
}

/** The highest volume that is read here. */
function furthestRead({ books }: FakeSeries): number {
  return books.findLastIndex(({ isRead }) => isRead) + 1;
}

function assertOnward(before: readonly number[][], after: readonly number[][], what: string): void {
  for (const [index, numbers] of before.entries()) {
    for (const [place, number] of numbers.entries()) {
      assert.ok((after[index]?.[place] ?? 0) >= number, `${what}: ${before} → ${after}`);
    }
  }
}

async function take(test: Fixture, shelf: readonly FakeSeries[], step: Step): Promise<void> {
  const { library, service, clock } = test;
  clock.advance(600_000);
  if (step.kind === "read") return library.readBook(shelf[step.series]!, step.book);
  if (step.kind === "remote") {
    const id = IDS[step.series]!;
    // The reader only goes on.
    const volumes = Math.max(step.volumes, service.entries.get(id)?.volumes ?? 0);
    return service.set(id, { volumes });
  }
  const at = service.calls.length + ("call" in step ? step.call : 0);
  const disturb = (_: unknown, number: number) => {
    if (number === at) throw step.kind === "killed" ? new Error("Killed") : crash();
  };
  if (step.kind === "dying" || step.kind === "killed") {
    if (step.kind === "dying" && step.after) service.after = disturb;
    else service.before = disturb;
  }
  await test.syncToEnd();
  service.before = service.after = () => {};
}

Deno.test("any interleaving of local reads, remote changes, crashes and syncs converges and only goes on", async () => {
  await using test = await createFixture();
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 14 }),
    async (steps) => {
      const { library, service, sql } = test;
      library.series.length = 0;
      service.entries.clear();
      service.lowered.length = 0;
      for (const table of ["entry_states", "outbox_entries", "connection_syncs", "sync_runs"]) {
        await sql`delete from ${sql(table)}`;
      }
      const shelf = IDS.map((externalId) => library.add({ externalId, volumes: VOLUMES }));
      /** How far the reader went at the service, beyond all that they had read here, by series. */
      const readThere = new Map<number, number>();
      for (const it of steps) {
        const before = reached(test, shelf);
        if (it.kind === "remote" && it.volumes > furthestRead(shelf[it.series]!)) {
          readThere.set(it.series, Math.max(it.volumes, readThere.get(it.series) ?? 0));
        }
        await take(test, shelf, it);
        assertOnward(before, reached(test, shelf), it.kind);
      }
      // What had failed alone is due again by then.
      test.clock.advance(DAY_MS);
      await test.syncToEnd();
      test.clock.advance(600_000);
      // All that either side knew both know now; and there is nothing left to say.
      for (const [index, it] of shelf.entries()) {
        const here = library.booksRead(it);
        const there = service.entries.get(IDS[index]!)?.volumes ?? 0;
        assert.ok(there >= here, `${IDS[index]}: ${here} here, ${there} there`);
        const told = it.books.slice(0, readThere.get(index) ?? 0);
        assert.ok(told.every(({ isRead }) => isRead), `${IDS[index]}: ${told.length} read there`);
      }
      const settled = JSON.stringify(reached(test, shelf));
      const { pushed, applied } = await test.syncToEnd();
      assert.deepEqual([pushed, applied], [0, 0]);
      assert.equal(JSON.stringify(reached(test, shelf)), settled);
      assert.deepEqual(service.lowered, []);
      assert.deepEqual(test.host.collisions, []);
    },
  );
  await fc.assert(property, { numRuns: 25 });
});
