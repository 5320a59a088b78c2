/** What a reader sees of syncs when not everything goes well, through the public API alone. */
import assert from "node:assert/strict";
import {
  API_BASE,
  EntryMatchAnswer,
  OutboxPage,
  OutboxRetried,
  Plugin,
  SeriesPage,
  SyncResult,
  SyncRunPage,
  Task,
  UnmatchedPage,
  UserPlugin,
} from "@codex/protocol";
import { z } from "zod";
import { createLibrary, importLines } from "../harness/scenario.ts";
import { type AnilistScene, createAnilistScene } from "./anilist_scene.ts";

const SERIES = 6;
/** A wait that ends less than 5 s before the call's deadline is told at once. */
const CALL_SECONDS = 10;
const RETRY_AFTER_SECONDS = 9;
const ELSEWHERE_ID = 900;
const OTHER_TOKEN = "token-of-another-account";

/** States that a task's events tell, in order, up to its end. */
async function statesTold({ platform }: AnilistScene, taskId: string): Promise<string[]> {
  const reply = await fetch(`${platform.url}${API_BASE}/tasks/${taskId}/events`, {
    headers: { authorization: `Bearer ${platform.api.token}` },
  });
  assert.match(reply.headers.get("content-type") ?? "", /^text\/event-stream/);
  const lines = (await reply.text()).split("\n").filter((line) => line.startsWith("data: "));
  return lines.map((line) => Task.parse(JSON.parse(line.slice("data: ".length))).state);
}

async function addUnnamedSeries({ platform }: AnilistScene, title: string): Promise<string> {
  const library = await createLibrary(platform, "Others");
  const books = [1, 2, 3].map((volume) => ({ key: `${volume}`, title: `${volume}`, volume }));
  await importLines(platform, library.id, [{ key: title, title, books }]);
  const query = `libraryId=${library.id}`;
  const { items } = await platform.api.expect(SeriesPage, "GET", `/series?${query}`);
  return items[0]!.id;
}

Deno.test("a reader's syncs when not everything goes well", async (t) => {
  await using scene = await createAnilistScene({ series: SERIES });
  const { fake, user, platform: { api }, plugin } = scene;
  const base = `/user/plugins/${plugin.id}`;
  const outbox = async () => (await api.expect(OutboxPage, "GET", `${base}/sync/outbox`)).items;
  const connection = () => api.expect(UserPlugin, "GET", base);
  const progressAt = (id: number) => fake.lists.find(user.id, id)?.progressVolumes;
  for (let id = 1; id <= SERIES; id++) await scene.read(id, 1);
  const requestTimeoutSeconds = CALL_SECONDS;
  await api.expect(Plugin, "PATCH", `/admin/plugins/${plugin.id}`, { requestTimeoutSeconds });

  await t.step("a dry run tells what it would do, and nothing changes anywhere", async () => {
    fake.change(user, 1, { progressVolumes: 2 });
    const task = await scene.ended(await scene.begin({ dryRun: true }));
    const { dryRun, pulled, applied, pushed } = SyncResult.parse(task.result);
    assert.deepEqual([dryRun, pulled, applied, pushed], [true, 1, 1, SERIES - 1]);
    assert.equal(fake.requestsOf("SaveMediaListEntry"), 0);
    assert.equal(await scene.volumesRead(1), 1);
    assert.deepEqual(await outbox(), []);
    assert.equal((await connection()).lastSyncAt, undefined);
  });

  await t.step("one that AniList does not take leaves the others, and waits visibly", async () => {
    fake.catalogue.remove(6);
    const { pushed, failed, applied, startedBy } = await scene.sync();
    assert.deepEqual([pushed, failed, applied, startedBy], [SERIES - 2, 1, 1, "user"]);
    const [waiting] = await outbox();
    assert.deepEqual([waiting?.externalId, waiting?.attempts], ["6", 1]);
    assert.match(waiting?.reason ?? "", /AniList has no manga "6"/);
    assert.ok(waiting?.nextAttemptAt !== undefined);
    const { items } = await api.expect(SyncRunPage, "GET", `${base}/sync/runs`);
    assert.deepEqual(items.map(({ dryRun, counts }) => [dryRun, counts.failed]), [
      [false, 1],
      [true, 0],
    ]);
  });

  await t.step("it is sent again at the reader's word, and no more once discarded", async () => {
    const retried = await api.expect(OutboxRetried, "POST", `${base}/sync/outbox/retry`, {});
    assert.equal(retried.retried, 1);
    const { result } = await scene.ended(retried.taskId!);
    assert.equal(SyncResult.parse(result).startedBy, "retry");
    const [waiting] = await outbox();
    assert.equal(waiting?.attempts, 2);
    await api.expect(z.object({}), "DELETE", `${base}/sync/outbox/${waiting?.id}`);
    assert.deepEqual(await outbox(), []);
    fake.catalogue.add(6);
    assert.equal((await scene.sync()).pushed, 0);
    await scene.read(6, 2);
    await scene.sync();
    assert.equal(progressAt(6), 2);
  });

  await t.step("a limit pauses the run, which goes on by itself and tells each state", async () => {
    const isSave = ({ kind }: { kind: string }) => kind === "mutation";
    const burst = { kind: "burst", retryAfterSeconds: RETRY_AFTER_SECONDS } as const;
    fake.plan(burst, { when: isSave });
    await scene.read(2, 2);
    const taskId = await scene.begin();
    const told = statesTold(scene, taskId);
    const task = await scene.until(taskId, ({ state }) => state === "paused");
    assert.match(task.reason ?? "", /asks to wait/);
    assert.ok(task.resumesAt !== undefined);
    await api.refused("already_running", "POST", `${base}/sync`, {});
    assert.equal((await scene.ended(taskId)).state, "succeeded");
    assert.equal(progressAt(2), 2);
    const states = await told;
    assert.ok(states.includes("paused"), states.join());
    assert.equal(states.at(-1), "succeeded");
  });

  await t.step("what belongs to no series is told, and read once the reader ties it", async () => {
    const seriesId = await addUnnamedSeries(scene, "A manga of another name");
    fake.change(user, ELSEWHERE_ID, { progressVolumes: 2 });
    await scene.sync();
    const unmatched = () => api.expect(UnmatchedPage, "GET", `${base}/sync/unmatched`);
    const [entry] = (await unmatched()).items;
    assert.deepEqual([entry?.externalId, entry?.volumes], [String(ELSEWHERE_ID), 2]);
    const match = { externalId: String(ELSEWHERE_ID), seriesId };
    const answer = await api.expect(EntryMatchAnswer, "PUT", `${base}/sync/matches`, match);
    assert.equal(answer.applied, true);
    assert.deepEqual((await unmatched()).items, []);
    const found = await api.expect(SeriesPage, "GET", "/series?q=another");
    assert.equal(found.items[0]?.booksRead, 2);
  });

  await t.step("a refused sign-in asks for a new one, and nothing is lost by it", async () => {
    fake.plan({ kind: "invalid_token" });
    await scene.read(3, 2);
    const task = await scene.ended(await scene.begin());
    assert.equal(task.state, "failed");
    const { status, connected } = await connection();
    assert.deepEqual([status, connected], ["needs_reconnection", false]);
    await api.refused("conflict", "POST", `${base}/sync`, {});
    await scene.connect();
    assert.equal((await scene.sync()).pushed, 1);
    assert.equal(progressAt(3), 2);
  });

  await t.step("another account gets all that the reader has", async () => {
    const other = fake.addUser("other", OTHER_TOKEN);
    await scene.connect(OTHER_TOKEN);
    await scene.sync();
    // The one that was tied by hand is among them.
    assert.equal(fake.lists.of(other.id).length, SERIES + 1);
    assert.equal(fake.lists.find(other.id, 3)?.progressVolumes, 2);
  });
});
