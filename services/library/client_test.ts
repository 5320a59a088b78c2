import assert from "node:assert/strict";
import { Book, BookProgress, HistoryPage, Series, StoredRating } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { testSubject } from "@codex/service/testing";
import { createLibraryClient } from "./client.ts";
import type { Fixture } from "./testing/fixture.ts";
import { createScene } from "./testing/enrichment_scene.ts";

const CONTEXT = { requestId: "request-of-a-test" };

async function clientOf(fixture: Fixture, service: "auth" | "gateway") {
  return createLibraryClient({
    identity: await fixture.identities.of(service),
    baseUrl: "http://library.test",
    fetch: async (input, init) => await fixture.app.request(input, init),
  });
}

Deno.test("purging a user deletes what was theirs and keeps what they wrote, without their name", async () => {
  await using scene = await createScene();
  const { fixture, series, book } = scene;
  const [ann, bob] = [testSubject("maintainer"), testSubject("maintainer")];
  for (const subject of [ann, bob]) {
    const progress = `/books/${book.id}/progress`;
    await fixture.expect(BookProgress, "PUT", progress, { completed: true }, subject);
    await fixture.expect(
      StoredRating,
      "PUT",
      `/series/${series.id}/rating`,
      { rating: 5 },
      subject,
    );
  }
  const edit = (url: string, schema: typeof Series | typeof Book, summary: string) =>
    fixture.expect(schema, "PATCH", url, { metadata: { summary } }, ann);
  await edit(`/series/${series.id}`, Series, "Ann's");
  await edit(`/series/${series.id}`, Series, "Ann's again");
  await edit(`/books/${book.id}`, Book, "Ann's");
  await fixture.expect(Book, "PATCH", `/books/${book.id}`, { metadata: { year: 5 } }, bob);

  const client = await clientOf(fixture, "auth");
  await client.purgeUser(CONTEXT, ann.userId);
  await client.purgeUser(CONTEXT, ann.userId);

  for (const table of ["series", "books", "history", "book_progress", "series_ratings"]) {
    const [row] = await fixture.sql`
      select count(*)::int as count from ${fixture.sql(table)} as it
      where it::text like ${`%${ann.userId}%`}`;
    assert.equal(row?.["count"], 0, table);
  }
  const after = await fixture.expect(Series, "GET", `/series/${series.id}`, undefined, bob);
  assert.deepEqual([after.metadata.summary, after.booksRead], ["Ann's again", 1]);
  assert.equal(after.provenance["summary"]?.source, "user");
  const history = await fixture.expect(HistoryPage, "GET", `/books/${book.id}/history`);
  assert.deepEqual(history.items.map(({ userId }) => userId), [bob.userId, undefined]);
});

Deno.test("purging a connection is taken note of, as often as it is asked", async () => {
  await using scene = await createScene();
  const client = await clientOf(scene.fixture, "auth");
  const id = crypto.randomUUID();
  await client.purgeConnection(CONTEXT, id);
  await client.purgeConnection(CONTEXT, id);
});

Deno.test("only auth may purge", async () => {
  await using scene = await createScene();
  const client = await clientOf(scene.fixture, "gateway");
  await assert.rejects(
    client.purgeUser(CONTEXT, crypto.randomUUID()),
    (error) => error instanceof ProblemError && error.code === "forbidden",
  );
});
