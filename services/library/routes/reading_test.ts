import assert from "node:assert/strict";
import { Book, BookProgress, Empty, Series, StoredRating } from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { lockProgress, saveProgress } from "../db/reading_queries.ts";
import { untilBlocked } from "../testing/blocked.ts";
import { createScene } from "../testing/enrichment_scene.ts";

Deno.test("progress is each reader's own and counts the books read", async () => {
  await using scene = await createScene();
  const { fixture, series, book } = scene;
  const [ann, bob] = [testSubject("reader"), testSubject("reader")];
  const url = `/books/${book.id}/progress`;
  await fixture.refused("not_found", "GET", url, undefined, ann);
  const first = await fixture.expect(BookProgress, "PUT", url, { currentPage: 12 }, ann);
  assert.deepEqual([first.currentPage, first.completed], [12, false]);
  fixture.clock.advance(1000);
  const done = await fixture.expect(BookProgress, "PUT", url, { completed: true }, ann);
  assert.deepEqual([done.completed, done.startedAt], [true, first.startedAt]);
  assert.deepEqual(await fixture.expect(BookProgress, "GET", url, undefined, ann), done);
  await fixture.refused("not_found", "GET", url, undefined, bob);

  const seen = async (subject: typeof ann) => {
    const its = await fixture.expect(Series, "GET", `/series/${series.id}`, undefined, subject);
    const mine = await fixture.expect(Book, "GET", `/books/${book.id}`, undefined, subject);
    return [its.booksRead, mine.progress?.completed];
  };
  assert.deepEqual(await seen(ann), [1, true]);
  assert.deepEqual(await seen(bob), [0, undefined]);

  await fixture.expect(Empty, "DELETE", url, undefined, ann);
  await fixture.expect(Empty, "DELETE", url, undefined, ann);
  assert.deepEqual(await seen(ann), [0, undefined]);
});

Deno.test("of two reports at once the later knows the earlier", async () => {
  await using scene = await createScene();
  const { fixture, book } = scene;
  const { userId } = fixture.admin;
  const url = `/books/${book.id}/progress`;
  let report: Promise<BookProgress> | undefined;
  await fixture.db.transaction(async (tx) => {
    await lockProgress(tx, userId, book.id);
    report = fixture.expect(BookProgress, "PUT", url, { currentPage: 5 });
    await untilBlocked(fixture.sql);
    const at = new Date(fixture.clock.now()).toISOString();
    await saveProgress(tx, userId, book.id, { completed: true, completedAt: at, updatedAt: at });
  });
  await report;
  const { completed, currentPage } = await fixture.expect(BookProgress, "GET", url);
  assert.deepEqual([completed, currentPage], [true, 5]);
});

Deno.test("wrong progress is refused", async () => {
  await using scene = await createScene();
  const url = `/books/${scene.book.id}/progress`;
  for (const body of [{}, { currentPage: -1 }, { progressPercentage: 101 }, { completed: "yes" }]) {
    await scene.fixture.refused("bad_request", "PUT", url, body);
  }
  const other = `/books/${crypto.randomUUID()}/progress`;
  await scene.fixture.refused("not_found", "PUT", other, { completed: true });
});

Deno.test("a rating is each reader's own", async () => {
  await using scene = await createScene();
  const { fixture, series } = scene;
  const [ann, bob] = [testSubject("reader"), testSubject("reader")];
  const url = `/series/${series.id}/rating`;
  await fixture.refused("not_found", "GET", url, undefined, ann);
  await fixture.expect(StoredRating, "PUT", url, { rating: 80, notes: "Good\u0000" }, ann);
  const rating = await fixture.expect(StoredRating, "PUT", url, { rating: 90 }, ann);
  assert.deepEqual([rating.rating, rating.notes], [90, undefined]);
  assert.deepEqual(await fixture.expect(StoredRating, "GET", url, undefined, ann), rating);
  await fixture.refused("not_found", "GET", url, undefined, bob);
  for (const body of [{ rating: 0 }, { rating: 101 }, { rating: 1.5 }, {}]) {
    await fixture.refused("bad_request", "PUT", url, body, ann);
  }
  await fixture.expect(Empty, "DELETE", url, undefined, ann);
  await fixture.refused("not_found", "GET", url, undefined, ann);
});
