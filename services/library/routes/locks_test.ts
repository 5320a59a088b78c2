import assert from "node:assert/strict";
import { BOOK_FIELDS, BulkLockAnswer, Locks, Series, SERIES_FIELDS } from "@codex/protocol";
import { createFixture } from "../testing/fixture.ts";
import { createScene } from "../testing/enrichment_scene.ts";

Deno.test("locks are told for every field and changed only where named", async () => {
  await using scene = await createScene();
  const { fixture } = scene;
  for (
    const [path, fields] of [
      [`/series/${scene.series.id}`, SERIES_FIELDS],
      [`/books/${scene.book.id}`, BOOK_FIELDS],
    ] as const
  ) {
    const url = `${path}/metadata/locks`;
    const none = await fixture.expect(Locks, "GET", url);
    assert.deepEqual(none, Object.fromEntries(fields.map((field) => [field, false])));
    await fixture.expect(Locks, "PUT", url, { title: true, year: true });
    const locks = await fixture.expect(Locks, "PUT", url, { year: false, summary: true });
    assert.deepEqual(locks, { ...none, title: true, summary: true });
    assert.deepEqual(await fixture.expect(Locks, "GET", url), locks);
  }
  const { locks } = await fixture.expect(Series, "GET", `/series/${scene.series.id}`);
  assert.deepEqual(locks, { title: true, summary: true });
});

Deno.test("unknown fields are refused by name and nothing changes", async () => {
  await using scene = await createScene();
  const { fixture, series, book } = scene;
  const change = { title: true, isbn: true, "a/b": true };
  const problem = await fixture.refused(
    "bad_request",
    "PUT",
    `/series/${series.id}/metadata/locks`,
    change,
  );
  assert.deepEqual(problem.errors?.map(({ pointer }) => pointer), ["/isbn", "/a~1b"]);
  await fixture.refused("bad_request", "PUT", `/books/${book.id}/metadata/locks`, { status: true });
  await fixture.refused("bad_request", "PUT", `/series/${series.id}/metadata/locks`, { title: 1 });
  assert.deepEqual((await fixture.find("hobbit")).locks, {});
});

Deno.test("many series are locked and unlocked at once", async () => {
  await using fixture = await createFixture();
  const library = await fixture.createLibrary();
  const names = ["Ape", "Bee", "Cat"];
  await fixture.import(library.id, names.map((title) => ({ key: title, title })));
  const ids = await Promise.all(names.map(async (name) => (await fixture.find(name)).id));
  const url = "/series/bulk/metadata/locks";
  const put = (seriesIds: string[], locks: object) =>
    fixture.expect(BulkLockAnswer, "PUT", url, { seriesIds, locks });
  assert.deepEqual(await put(ids, { title: true, year: true }), { updated: 3 });
  const unknown = crypto.randomUUID();
  assert.deepEqual(await put([ids[0]!, ids[0]!, unknown], { year: false }), { updated: 1 });
  assert.deepEqual((await fixture.find("ape")).locks, { title: true });
  assert.deepEqual((await fixture.find("bee")).locks, { title: true, year: true });
  const problem = await fixture.refused("bad_request", "PUT", url, {
    seriesIds: ids,
    locks: { nonsense: true },
  });
  assert.equal(problem.errors?.[0]?.pointer, "/locks/nonsense");
});
