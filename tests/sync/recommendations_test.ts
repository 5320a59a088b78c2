/** Recommendations of two real plugins, as one list to the reader. */
import assert from "node:assert/strict";
import {
  DismissAnswer,
  Plugin,
  RecommendationList,
  RefreshAnswer,
  StoredRating,
  UserPlugin,
} from "@codex/protocol";
import { grantPlugin } from "../harness/scenario.ts";
import { createAnilistScene, TOKEN } from "./anilist_scene.ts";

/** Of these the reader has read and rated the first; AniList's stand-in leads on to the next ids. */
const SERIES = 3;

Deno.test("two plugins' recommendations are one list, and each fails for itself", async (t) => {
  await using scene = await createAnilistScene({ series: SERIES });
  const { platform, platform: { api }, anilistUrl } = scene;
  const network = [new URL(anilistUrl).host];
  const anilist = await grantPlugin(platform, "recommendations-anilist", {
    config: { apiUrl: anilistUrl },
    network,
  });
  const echo = await grantPlugin(platform, "recommendations-echo", { config: { perSeries: 1 } });
  for (const { id } of [anilist, echo]) {
    await api.expect(UserPlugin, "POST", `/user/plugins/${id}/enable`);
  }
  const accessToken = TOKEN;
  await api.expect(UserPlugin, "POST", `/user/plugins/${anilist.id}/credentials`, { accessToken });
  await scene.read(1, 1);
  const { id } = await scene.series(1);
  await api.expect(StoredRating, "PUT", `/series/${id}/rating`, { rating: 90 });

  const list = () => api.expect(RecommendationList, "GET", "/user/recommendations");
  const refresh = async () => {
    const { taskIds } = await api.expect(RefreshAnswer, "POST", "/user/recommendations/refresh");
    assert.equal(taskIds.length, 2);
    return await Promise.all(taskIds.map((id) => scene.ended(id)));
  };
  const bySource = async (pluginId: string) =>
    (await list()).recommendations.filter(({ sources }) =>
      sources.some((source) => source.pluginId === pluginId)
    );

  await t.step("both lists are there, marked with their source and age", async () => {
    for (const { state, reason } of await refresh()) assert.equal(state, "succeeded", reason);
    const { recommendations, sources } = await list();
    assert.deepEqual(
      sources.map(({ pluginName, error }) => [pluginName, error]).sort(),
      [["recommendations-anilist", undefined], ["recommendations-echo", undefined]],
    );
    for (const { ageSeconds, count } of sources) {
      assert.ok(count > 0 && ageSeconds !== undefined);
    }
    assert.ok(recommendations.every(({ sources }) => sources.length === 1));
    assert.equal((await bySource(echo.id)).length, SERIES);
  });

  await t.step("what the library has is flagged, with its series", async () => {
    const held = (await bySource(anilist.id)).filter(({ inLibrary }) => inLibrary);
    assert.deepEqual(held.map(({ externalId }) => externalId).sort(), ["2", "3"]);
    assert.ok(held.every(({ codexSeriesId }) => codexSeriesId !== undefined));
  });

  await t.step("what is dismissed is gone, also after a refresh", async () => {
    const reason = "not_interested";
    const answer = await api.expect(
      DismissAnswer,
      "POST",
      "/user/recommendations/4/dismiss",
      { reason },
    );
    assert.equal(answer.dismissed, true);
    const ids = async () => (await list()).recommendations.map(({ externalId }) => externalId);
    assert.ok(!(await ids()).includes("4"));
    await refresh();
    assert.ok(!(await ids()).includes("4"));
    assert.ok((await ids()).includes("5"));
  });

  await t.step("a plugin that fails leaves the other's list, and its own of before", async () => {
    const config = { perSeries: 1, failWith: "configuration" };
    await api.expect(Plugin, "PATCH", `/admin/plugins/${echo.id}`, { config });
    const before = (await bySource(anilist.id)).length;
    const states = (await refresh()).map(({ state }) => state);
    assert.deepEqual(states.sort(), ["failed", "succeeded"]);
    const failed = (await list()).sources.find(({ pluginId }) => pluginId === echo.id);
    assert.match(failed?.error ?? "", /told to fail with configuration/);
    assert.equal((await bySource(anilist.id)).length, before);
    assert.equal((await bySource(echo.id)).length, SERIES);
  });
});
