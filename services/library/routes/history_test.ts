import assert from "node:assert/strict";
import { ApplyAnswer, Book, HistoryPage, RevertAnswer, Series } from "@codex/protocol";
import { createScene } from "../testing/enrichment_scene.ts";

Deno.test("an act is undone field by field, with the former provenance, and can be undone itself", async () => {
  await using scene = await createScene();
  const { fixture, request } = scene;
  for (const [kind, id] of [["series", scene.series.id], ["books", scene.book.id]] as const) {
    const url = `/${kind}/${id}`;
    const schema = kind === "series" ? Series : Book;
    const before = await fixture.expect(schema, "GET", url);
    await fixture.expect(ApplyAnswer, "POST", `${url}/metadata/apply`, request);
    const applied = await fixture.expect(schema, "GET", url);
    const [act] = (await fixture.expect(HistoryPage, "GET", `${url}/history`)).items;
    const undone = await fixture.expect(RevertAnswer, "POST", `/history/${act?.id}/revert`);
    assert.deepEqual(undone.skippedFields, []);
    const after = await fixture.expect(schema, "GET", url);
    assert.deepEqual(
      [after.metadata, after.provenance, after.titleSort],
      [before.metadata, before.provenance, before.titleSort],
    );

    const { items } = await fixture.expect(HistoryPage, "GET", `${url}/history`);
    assert.deepEqual(items.map(({ source }) => source), ["revert", "plugin"]);
    assert.ok(items[1]?.revertedAt);
    assert.equal(items[0]?.userId, fixture.admin.userId);

    await fixture.expect(RevertAnswer, "POST", `/history/${items[0]?.id}/revert`);
    const redone = await fixture.expect(schema, "GET", url);
    assert.deepEqual([redone.metadata, redone.provenance], [applied.metadata, applied.provenance]);
  }
});

Deno.test("a field that was written again since is skipped by name", async () => {
  await using scene = await createScene();
  const { fixture, series, request } = scene;
  const url = `/series/${series.id}`;
  await fixture.expect(ApplyAnswer, "POST", `${url}/metadata/apply`, request);
  const [act] = (await fixture.expect(HistoryPage, "GET", `${url}/history`)).items;
  await fixture.expect(Series, "PATCH", url, { metadata: { summary: "Mine" } });
  const undone = await fixture.expect(RevertAnswer, "POST", `/history/${act?.id}/revert`);
  assert.deepEqual(undone.skippedFields.map(({ field }) => field), ["summary"]);
  assert.ok(undone.revertedFields.includes("title"));
  const after = await fixture.expect(Series, "GET", url);
  assert.deepEqual([after.title, after.metadata.summary], ["Hobbit", "Mine"]);

  const again = await fixture.expect(RevertAnswer, "POST", `/history/${act?.id}/revert`);
  assert.deepEqual(again.revertedFields, []);
});

Deno.test("after a revert the next import may write the field again", async () => {
  await using scene = await createScene();
  const { fixture, series, library, request } = scene;
  const url = `/series/${series.id}`;
  const line = { key: "s", title: "Hobbit", metadata: { genres: ["Newer"] } };
  await fixture.expect(ApplyAnswer, "POST", `${url}/metadata/apply`, request);
  await fixture.import(library.id, [line]);
  const { items } = await fixture.expect(HistoryPage, "GET", `${url}/history`);
  const act = items.find(({ source }) => source === "plugin");
  await fixture.expect(RevertAnswer, "POST", `/history/${act?.id}/revert`);
  const report = await fixture.import(library.id, [line]);
  assert.equal(report.series.updated, 1);
  assert.deepEqual((await fixture.expect(Series, "GET", url)).metadata.genres, ["Newer"]);
});

Deno.test("history is paged, newest first", async () => {
  await using scene = await createScene();
  const { fixture, series } = scene;
  const url = `/series/${series.id}`;
  for (let year = 1; year <= 5; year++) {
    await fixture.expect(Series, "PATCH", url, { metadata: { year } });
  }
  const years: unknown[] = [];
  let cursor = "";
  do {
    const page = await fixture.expect(HistoryPage, "GET", `${url}/history?limit=2${cursor}`);
    years.push(...page.items.map(({ changes }) => changes[0]?.after));
    cursor = page.nextCursor === undefined ? "" : `&cursor=${page.nextCursor}`;
  } while (cursor !== "");
  assert.deepEqual(years, [5, 4, 3, 2, 1]);
  await fixture.refused("bad_request", "GET", `${url}/history?cursor=rubbish`);
});
