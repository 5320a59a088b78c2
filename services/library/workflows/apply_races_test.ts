import assert from "node:assert/strict";
import { ApplyAnswer, Book, HistoryPage, Locks, PreviewAnswer, Series } from "@codex/protocol";
import { untilBlocked } from "../testing/blocked.ts";
import { createScene } from "../testing/enrichment_scene.ts";

Deno.test("two applies of one snapshot at once: one writes, the other is stale", async () => {
  await using scene = await createScene();
  const { fixture, series, request } = scene;
  const url = `/series/${series.id}/metadata`;
  const { snapshot } = await fixture.expect(PreviewAnswer, "POST", `${url}/preview`, request);
  const apply = () =>
    fixture.call("POST", `/api/v1${url}/apply`, { body: { ...request, snapshot } });

  // Each asks for the plugin twice, the second time under the row's lock: there the first is held.
  const [reached, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let asked = 0;
  fixture.pluginHost.beforeGet = async () => {
    if (++asked !== 2) return;
    reached.resolve();
    await released.promise;
  };
  const first = apply();
  await reached.promise;
  const second = apply();
  await Promise.race([untilBlocked(fixture.sql).catch(() => {}), second]);
  released.resolve();

  const replies = await Promise.all([first, second]);
  assert.deepEqual(replies.map(({ status }) => status), [200, 409]);
  await Promise.all(replies.map((reply) => reply.body?.cancel()));
  const { items } = await fixture.expect(HistoryPage, "GET", `/series/${series.id}/history`);
  assert.equal(items.length, 1);
});

Deno.test("a book and its series are written at once without waiting for each other", async () => {
  await using scene = await createScene();
  const { fixture, series, book } = scene;
  const writes = Array.from({ length: 10 }, (_, year) => [
    fixture.expect(Series, "PATCH", `/series/${series.id}`, { metadata: { year } }),
    fixture.expect(Book, "PATCH", `/books/${book.id}`, { metadata: { year } }),
  ]);
  await Promise.all(writes.flat());
});

Deno.test("a permission withdrawn before the row is locked is not used", async () => {
  await using scene = await createScene();
  const { fixture, series, request, pluginId } = scene;
  let asked = 0;
  fixture.pluginHost.beforeGet = () => {
    // Asked before the plugin is called, and again under the lock.
    if (++asked === 2) fixture.pluginHost.change(pluginId, { permissions: [] });
    return Promise.resolve();
  };
  const url = `/series/${series.id}/metadata/apply`;
  const answer = await fixture.expect(ApplyAnswer, "POST", url, request);
  assert.deepEqual([asked, answer.success, answer.appliedFields], [2, false, []]);
  assert.equal((await fixture.find("hobbit")).title, "Hobbit");
});

Deno.test("a lock set while the plugin is asked holds", async () => {
  await using scene = await createScene();
  const { fixture, series, request } = scene;
  const url = `/series/${series.id}/metadata`;
  let asked = 0;
  fixture.pluginHost.beforeGet = async () => {
    if (++asked === 1) await fixture.expect(Locks, "PUT", `${url}/locks`, { title: true });
  };
  const answer = await fixture.expect(ApplyAnswer, "POST", `${url}/apply`, request);
  assert.deepEqual(answer.skippedFields.map(({ field }) => field), ["title"]);
});
