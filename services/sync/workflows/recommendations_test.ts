import assert from "node:assert/strict";
import {
  DismissAnswer,
  type Json,
  RecommendationList,
  RefreshAnswer,
  RpcErrorCode,
  Task,
} from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { FakeService, ServiceError } from "../testing/fake_service.ts";
import { schema } from "../db/database.ts";
import { createFixture, type Fixture } from "../testing/fixture.ts";
import { tellLeftDismissals } from "./upkeep.ts";

const RECOMMENDS = { userReadSync: false, userRecommendationProvider: true };
const GET = "recommendations/get";

const item = (externalId: string, title: string, score: number, more: object = {}) => ({
  externalId,
  title,
  score,
  reason: `Because of ${title}`,
  ...more,
});

const create = (options: Parameters<typeof createFixture>[0] = {}) =>
  createFixture({ capabilities: RECOMMENDS, ...options });

/** Another plugin that recommends, connected by the same reader. */
function addPlugin(test: Fixture, capabilities: object = {}): FakeService {
  const plugin = test.host.add({ name: "other" }, {
    ...RECOMMENDS,
    externalIdSource: undefined,
    ...capabilities,
  });
  const connection = test.auth.connect(test.reader.userId, plugin.id);
  const service = new FakeService(test.clock.now);
  test.host.services.set(connection.id, service);
  return service;
}

function recommends(service: FakeService, ...recommendations: Json[]): void {
  service.answers.set(GET, () => ({ recommendations }));
  service.answers.set("recommendations/dismiss", () => ({ dismissed: true }));
}

async function refresh(test: Fixture): Promise<RefreshAnswer["taskIds"]> {
  const answer = await test.expect(RefreshAnswer, "POST", "/user/recommendations/refresh");
  await test.work();
  return answer.taskIds;
}
type RefreshAnswer = { taskIds: string[] };

const list = (test: Fixture) => test.expect(RecommendationList, "GET", "/user/recommendations");
const titles = async (test: Fixture) =>
  (await list(test)).recommendations.map(({ title }) => title);

Deno.test("a refresh asks the plugin as a task, and its list is kept with its age", async () => {
  await using test = await create();
  recommends(test.service, item("1", "Vagabond", 0.9), item("2", "Vinland Saga", 0.8));
  const before = await list(test);
  assert.deepEqual([before.recommendations, before.sources[0]?.count], [[], 0]);
  const [taskId] = await refresh(test);
  const task = await test.expect(Task, "GET", `/tasks/${taskId}`);
  assert.deepEqual([task.kind, task.state, task.result], ["recommendations", "succeeded", {
    recommendations: 2,
  }]);
  test.clock.advance(90_000);
  const { recommendations, sources } = await list(test);
  assert.deepEqual(recommendations.map(({ title, sources }) => [title, sources]), [
    ["Vagabond", [{ pluginId: test.plugin.id, pluginName: "sync-example", externalId: "1" }]],
    ["Vinland Saga", [{ pluginId: test.plugin.id, pluginName: "sync-example", externalId: "2" }]],
  ]);
  assert.deepEqual([sources[0]?.count, sources[0]?.ageSeconds, sources[0]?.error], [
    2,
    90,
    undefined,
  ]);
  // The list is the reader's own.
  const reply = await test.call("GET", "/api/v1/user/recommendations", {
    subject: testSubject("reader"),
  });
  assert.deepEqual(await reply.json(), { recommendations: [], sources: [] });
});

Deno.test("a plugin gets titles, ids, status, counts and ratings, the rest as it may", async () => {
  const asked = async (change: object, capabilities: object, config = {}) => {
    await using test = await create({ capabilities: { ...RECOMMENDS, ...capabilities }, config });
    test.host.change(test.plugin.id, change);
    const series = test.library.add({ externalId: "1", volumes: 2, read: 1 });
    series.rating = { rating: 90, notes: "Dark" };
    recommends(test.service);
    await refresh(test);
    const [params] = test.service.callsOf(GET);
    const [entry] = params?.["library"] as Record<string, Json>[];
    const filled = Object.entries(entry!).filter(([, value]) => JSON.stringify(value) !== "[]");
    return filled.map(([name]) => name).sort().join(" ");
  };
  const plain = "booksOwned booksRead externalIds seriesId title";
  const words = (text: string) => text.split(" ").sort().join(" ");
  assert.equal(await asked({}, {}), words(`${plain} genres tags userRating`));
  assert.equal(await asked({ sendGenresAndTags: false }, {}), words(`${plain} userRating`));
  assert.equal(
    await asked({}, {}, { _codex: { syncRatings: false } }),
    words(`${plain} genres tags`),
  );
  const all = `${plain} genres tags userRating userNotes year lastReadAt libraryId libraryName`;
  const full = { wantsFullMetadata: true };
  assert.equal(await asked({ sendFullMetadata: true }, full), words(all));
  assert.equal(await asked({}, full), words(`${plain} genres tags userRating`));
  assert.equal(
    await asked({ sendFullMetadata: true }, {}),
    words(`${plain} genres tags userRating`),
  );
});

Deno.test("several plugins' lists are merged: the same once, best first, each with its sources", async () => {
  await using test = await create();
  const other = addPlugin(test);
  recommends(
    test.service,
    item("1", "Vagabond", 0.6, { startYear: 1998 }),
    item("2", "Monster", 0.5, { startYear: 1994 }),
    item("2", "Monster again", 0.4),
  );
  recommends(
    other,
    item("x", "VAGABOND!", 0.9, { startYear: 1998 }),
    item("y", "Monster", 0.7, { startYear: 2020 }),
  );
  assert.equal((await refresh(test)).length, 2);
  const { recommendations } = await list(test);
  assert.deepEqual(
    recommendations.map((
      { title, score, sources },
    ) => [title, score, sources.map((it) => it.externalId)]),
    [
      ["VAGABOND!", 0.9, ["x", "1"]],
      ["Monster", 0.7, ["y"]],
      ["Monster", 0.5, ["2"]],
    ],
  );
});

Deno.test("what the libraries hold is flagged, also what came since the list was made", async () => {
  await using test = await create();
  recommends(
    test.service,
    item("1", "Held", 0.9),
    item("2", "New", 0.8),
    item("3", "Told", 0.7, { inLibrary: true, codexSeriesId: crypto.randomUUID() }),
  );
  await refresh(test);
  const held = test.library.add({ externalId: "1", volumes: 1 });
  const { recommendations } = await list(test);
  assert.deepEqual(recommendations.map((it) => [it.inLibrary, it.codexSeriesId]), [
    [true, held.id],
    [false, undefined],
    [true, undefined],
  ]);
  // Without library the rest is still there.
  test.library.failNext = new Error("away");
  assert.deepEqual((await list(test)).recommendations.map((it) => it.inLibrary), [
    false,
    false,
    true,
  ]);
});

Deno.test("one plugin's failure leaves the others' lists, and its own from before, with the reason", async () => {
  await using test = await create();
  const other = addPlugin(test);
  recommends(test.service, item("1", "Vagabond", 0.9));
  recommends(other, item("x", "Monster", 0.5));
  await refresh(test);
  recommends(test.service, item("1", "Vagabond", 0.9), item("2", "Pluto", 0.8));
  other.answers.set(GET, () => {
    throw new ServiceError(RpcErrorCode.configuration, "apiUrl is missing");
  });
  await refresh(test);
  const { recommendations, sources } = await list(test);
  assert.deepEqual(recommendations.map(({ title }) => title), ["Vagabond", "Pluto", "Monster"]);
  assert.deepEqual(sources.map(({ error }) => error !== undefined), [false, true]);
  assert.match(sources[1]?.error ?? "", /apiUrl is missing/);
});

Deno.test("what is dismissed is gone for good: told to every plugin that has it, and asked for no more", async () => {
  await using test = await create();
  const other = addPlugin(test);
  recommends(test.service, item("1", "Vagabond", 0.9), item("2", "Pluto", 0.8));
  recommends(other, item("a/b c", "Vagabond", 0.5));
  await refresh(test);
  const url = `/user/recommendations/${encodeURIComponent("a/b c")}/dismiss`;
  const body = { reason: "already_read" };
  assert.deepEqual(await test.expect(DismissAnswer, "POST", url, body), { dismissed: true });
  assert.deepEqual(await titles(test), ["Pluto"]);
  for (const [service, externalId] of [[test.service, "1"], [other, "a/b c"]] as const) {
    assert.deepEqual(service.callsOf("recommendations/dismiss"), [
      { externalId, reason: "already_read" },
    ]);
  }
  // The plugin forgets; the server does not.
  await refresh(test);
  assert.deepEqual(await titles(test), ["Pluto"]);
  assert.deepEqual(test.service.callsOf(GET).at(-1)?.["excludeIds"], ["1"]);
  assert.deepEqual(await test.expect(DismissAnswer, "POST", url, {}), { dismissed: true });
  await test.refused("not_found", "POST", "/user/recommendations/none/dismiss", { body: {} });
  await test.refused("bad_request", "POST", url, { body: { reason: "bored" } });
});

Deno.test("a plugin that can't be told now is told later; one that doesn't want to know is left alone", async () => {
  await using test = await create();
  recommends(test.service, item("1", "Vagabond", 0.9), item("2", "Pluto", 0.8));
  await refresh(test);
  const dismiss = (id: string) =>
    test.expect(DismissAnswer, "POST", `/user/recommendations/${id}/dismiss`, {});
  const told = () => test.service.callsOf("recommendations/dismiss").length;
  test.service.answers.set("recommendations/dismiss", () => {
    throw new ServiceError(RpcErrorCode.externalApi, "Down");
  });
  await dismiss("1");
  assert.deepEqual([await titles(test), told()], [["Pluto"], 1]);
  test.clock.advance(60_000);
  test.service.answers.set("recommendations/dismiss", () => ({ dismissed: true }));
  await tellLeftDismissals(test.deps, "upkeep");
  await tellLeftDismissals(test.deps, "upkeep");
  assert.equal(told(), 2);

  test.service.answers.delete("recommendations/dismiss");
  await dismiss("2");
  test.clock.advance(60_000);
  await tellLeftDismissals(test.deps, "upkeep");
  assert.deepEqual([await titles(test), told()], [[], 3]);
});

Deno.test("what is still to be told for a connection that is gone goes with it", async () => {
  await using test = await create();
  recommends(test.service, item("1", "Vagabond", 0.9));
  await refresh(test);
  test.service.answers.set("recommendations/dismiss", () => {
    throw new ServiceError(RpcErrorCode.externalApi, "Down");
  });
  await test.expect(DismissAnswer, "POST", "/user/recommendations/1/dismiss", {});
  test.auth.disconnect(test.connection.id);
  test.clock.advance(60_000);
  await tellLeftDismissals(test.deps, "upkeep");
  assert.equal((await test.sql`select from dismissals`).length, 0);
  assert.equal((await test.sql`select from recommendation_lists`).length, 0);
});

Deno.test("a refresh goes on beside a sync, and is not begun twice", async () => {
  await using test = await create({
    capabilities: { userReadSync: true, userRecommendationProvider: true },
  });
  recommends(test.service, item("1", "Vagabond", 0.9));
  await test.begin();
  const first = await test.expect(RefreshAnswer, "POST", "/user/recommendations/refresh");
  const second = await test.expect(RefreshAnswer, "POST", "/user/recommendations/refresh");
  assert.deepEqual(second.taskIds, first.taskIds);
  assert.equal((await list(test)).sources[0]?.runningTaskId, first.taskIds[0]);
  await test.work();
  assert.deepEqual(await titles(test), ["Vagabond"]);
});

Deno.test("without a connected plugin there is nothing to refresh", async () => {
  await using test = await create();
  test.auth.change(test.connection.id, { status: "needs_reconnection" });
  assert.deepEqual(await refresh(test), []);
  test.auth.change(test.connection.id, { status: "connected", enabled: false });
  assert.deepEqual(await refresh(test), []);
  assert.deepEqual(await list(test), { recommendations: [], sources: [] });
});

Deno.test("text that can't be kept and ids that can't be are left out, the rest stays", async () => {
  await using test = await create();
  recommends(
    test.service,
    item("1\u0000", "Broken id", 0.9),
    item("2", "Nul\u0000 title", 0.8, { summary: "x".repeat(20_000) }),
  );
  const [taskId] = await refresh(test);
  const { recommendations } = await list(test);
  assert.deepEqual(recommendations.map(({ title, summary }) => [title, summary?.length]), [
    ["Nul title", 5000],
  ]);
  const task = await test.expect(Task, "GET", `/tasks/${taskId}`);
  assert.deepEqual(task.result, {
    recommendations: 1,
    notes: [
      { detail: `"Broken id" was left out: its id can't be kept` },
      { externalId: "2", detail: "Its summary was cut to 5000 characters" },
    ],
    notesTruncated: false,
  });
});

Deno.test("what is too large in an answer is left out and told by the refresh, the rest is kept", async () => {
  await using test = await create();
  recommends(
    test.service,
    item("1", "t".repeat(2_000_000), 0.9),
    item("2", "No summary", 0.8, { summary: "s".repeat(65_537) }),
    ...Array.from({ length: 300 }, (_, at) => item(`more ${at}`, `Title ${at}`, 0.5)),
  );
  const [taskId] = await refresh(test);
  const { recommendations } = await list(test);
  assert.equal(recommendations.length, 200);
  assert.deepEqual([recommendations[0]?.title, recommendations[0]?.summary], [
    "No summary",
    undefined,
  ]);
  const { result } = await test.expect(Task, "GET", `/tasks/${taskId}`);
  const details = Object(result).notes.map(({ detail }: { detail: string }) => detail);
  const leftOut = "A value of the plugin's answer was left out: /recommendations";
  assert.deepEqual(details, [
    `${leftOut}/0/title: Must have at most 1000 characters`,
    `${leftOut}/0/reason: Must have at most 65536 bytes in UTF-8: has 2000011`,
    `${leftOut}/1/summary: Must have at most 65536 bytes in UTF-8: has 65537`,
    `${leftOut}/0: Can't do without "title"`,
    "Only the first 200 are kept: 101 more were left out",
  ]);
});

Deno.test("a list that was stored before there were limits is still shown", async () => {
  await using test = await create();
  recommends(test.service, item("1", "Vagabond", 0.9));
  await refresh(test);
  const title = "t".repeat(3000);
  await test.db.update(schema.recommendationLists).set({ items: [item("1", title, 0.9)] });
  assert.deepEqual(await titles(test), [title]);
});
