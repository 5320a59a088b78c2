import assert from "node:assert/strict";
import { type AnilistScene, createAnilistScene, inParallel } from "./anilist_scene.ts";

const SERIES = 5000;
const SAVES_PER_REQUEST = 25;

/** Requests to AniList during a sync, and what the sync did. */
async function watched(scene: AnilistScene) {
  const { fake } = scene;
  const before = { saves: fake.requestsOf("SaveMediaListEntry"), all: fake.requests.length };
  const result = await scene.sync();
  const saves = fake.requestsOf("SaveMediaListEntry") - before.saves;
  const fields = new Set(fake.requests.slice(before.all).flatMap((request) => request.fields));
  return { result, saves, fields: [...fields].sort() };
}

Deno.test("whole runs through real services, a real plugin and AniList's stand-in", async (t) => {
  await using scene = await createAnilistScene({ series: SERIES });
  const { fake, user, books } = scene;
  const ids = [...books.keys()];
  const remoteOf = (id: number) => fake.lists.find(user.id, id)?.progressVolumes;
  await inParallel(ids, (id) => scene.read(id, 1));

  await t.step("a first sync brings all 5,000 entries, 25 a request", async () => {
    const { result, saves } = await watched(scene);
    assert.deepEqual([result.pushed, result.failed], [SERIES, 0]);
    assert.equal(saves, SERIES / SAVES_PER_REQUEST);
    assert.equal(fake.lists.of(user.id).length, SERIES);
    assert.ok(ids.every((id) => remoteOf(id) === 1));
  });

  await t.step("a second sync without change saves nothing and reads only the lists", async () => {
    const { result, saves, fields } = await watched(scene);
    assert.deepEqual([result.applied, result.pushed, result.unchanged], [0, 0, SERIES]);
    assert.equal(saves, 0);
    assert.deepEqual(fields.filter((field) => field !== "Viewer"), ["MediaListCollection"]);
  });

  await t.step("three changes here are one save request", async () => {
    for (const id of [7, 2500, 4999]) await scene.read(id, 2);
    const { result, saves } = await watched(scene);
    assert.deepEqual([result.pushed, saves], [3, 1]);
    assert.deepEqual([7, 2500, 4999].map(remoteOf), [2, 2, 2]);
  });

  await t.step(
    "remote ahead is read here, local ahead there, both each where it is behind",
    async () => {
      fake.change(user, 10, { progressVolumes: 3 });
      await scene.read(20, 3);
      fake.change(user, 30, { progressVolumes: 2 });
      await scene.read(30, 3);
      const { result, saves } = await watched(scene);
      assert.deepEqual([result.applied, result.pushed, saves], [1, 2, 1]);
      assert.deepEqual(await Promise.all([10, 20, 30].map((id) => scene.volumesRead(id))), [
        3,
        3,
        3,
      ]);
      assert.deepEqual([10, 20, 30].map(remoteOf), [3, 3, 3]);
    },
  );

  await t.step("what was deleted there stays deleted until the reader goes on", async () => {
    fake.lists.delete(user.id, fake.lists.find(user.id, 40)!.id);
    assert.equal((await watched(scene)).saves, 0);
    assert.equal(remoteOf(40), undefined);
    await scene.read(40, 2);
    assert.equal((await watched(scene)).saves, 1);
    assert.equal(remoteOf(40), 2);
  });

  await t.step("nothing was ever lowered", () => {
    for (const { before, after } of fake.saves) {
      assert.ok(after.progressVolumes >= (before?.progressVolumes ?? 0));
      assert.ok(after.progress >= (before?.progress ?? 0));
    }
  });
});
