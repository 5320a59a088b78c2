/** What is left of a connection after a disconnect, and of a person after their deletion: one line each. */
import assert from "node:assert/strict";
import type { z } from "zod";
import {
  AuditPage,
  BookPage,
  BookProgress,
  Empty,
  EntryMatchAnswer,
  Me,
  OutboxPage,
  type PluginId,
  RecommendationList,
  RefreshAnswer,
  SeriesPage,
  SessionAnswer,
  SyncStarted,
  Task,
  UserPlugin,
  UserPluginList,
} from "@codex/protocol";
import { type OidcServer, startOidcServer } from "../fakes/sign_in/oidc_server.ts";
import type { ApiClient } from "../harness/api_client.ts";
import { DATABASE_FILES, findEverywhere } from "../harness/leftovers.ts";
import { type Platform, startPlatform } from "../harness/platform.ts";
import { createLibrary, grantPlugin, importLines, setUpAdmin } from "../harness/scenario.ts";
import { addReader, READER_PASSWORD, useProvider, type UserBrowser } from "../harness/sign_in.ts";

/** Of what happens beside the calls; a busy machine takes its time. */
const TIMEOUT_MS = 120_000;
const POLL_MS = 200;

/** The account has one volume of the first, and has read all of the second. */
const TITLES = ["Emma", "Dune"];

interface Scene {
  readonly platform: Platform;
  readonly provider: OidcServer;
  readonly ada: UserBrowser;
  readonly adaApi: ApiClient;
  readonly adaId: string;
  readonly syncId: PluginId;
  readonly recommendationsId: PluginId;
}

async function withReader(test: (scene: Scene) => Promise<void>): Promise<void> {
  await using provider = await startOidcServer({ clientAuthentication: "client_secret_basic" });
  await using platform = await startPlatform({
    env: { CODEX_ALLOWED_PRIVATE_HOSTS: provider.host },
  });
  await setUpAdmin(platform);
  const config = { titles: TITLES, failIds: ["1:Emma"] };
  const declaration = { ...provider.declaration, ...config };
  const syncId = await useProvider(platform, { ...provider, declaration });
  const { id: recommendationsId } = await grantPlugin(platform, "recommendations-echo");
  const { id: libraryId } = await createLibrary(platform, "Comics");
  await importLines(platform, libraryId, TITLES.map(toLine));
  const ada = await addReader(platform, "ada");
  const credentials = { username: "ada", password: READER_PASSWORD };
  const { accessToken } = await platform.api.expect(
    SessionAnswer,
    "POST",
    "/auth/login",
    credentials,
  );
  const adaApi = platform.api.as(accessToken);
  const { id: adaId } = await adaApi.expect(Me, "GET", "/auth/me");
  await test({ platform, provider, ada, adaApi, adaId, syncId, recommendationsId });
}

function toLine(title: string) {
  return {
    key: title,
    title,
    externalIds: [{ source: "api:echo", externalId: `1:${title}` }],
    books: [1, 2].map((number) => ({ key: `${title} ${number}`, title, number, volume: number })),
  };
}

/** Has every service keep something of both connections. */
async function liveALittle({ platform, ada, adaApi, syncId, recommendationsId }: Scene) {
  assert.equal((await ada.connect(syncId)).kind, "connected");
  await adaApi.expect(UserPlugin, "POST", `/user/plugins/${recommendationsId}/enable`);
  const { items } = await adaApi.expect(SeriesPage, "GET", "/series");
  for (const { id } of items) {
    const books = await adaApi.expect(BookPage, "GET", `/series/${id}/books`);
    for (const book of books.items) {
      await adaApi.expect(BookProgress, "PUT", `/books/${book.id}/progress`, { completed: true });
    }
  }
  const base = `/user/plugins/${syncId}`;
  await adaApi.expect(UserPlugin, "PATCH", `${base}/sync-mode`, { auto: true });
  const { taskId } = await adaApi.expect(SyncStarted, "POST", `${base}/sync`, {});
  await ended(adaApi, taskId);
  const outbox = await adaApi.expect(OutboxPage, "GET", `${base}/sync/outbox`);
  assert.deepEqual(outbox.items.map(({ externalId }) => externalId), ["1:Emma"]);
  await adaApi.expect(EntryMatchAnswer, "PUT", `${base}/sync/matches`, {
    externalId: "1:Echo series 3",
    seriesId: items[0]?.id,
  });
  const refreshed = await adaApi.expect(RefreshAnswer, "POST", "/user/recommendations/refresh");
  for (const id of refreshed.taskIds) await ended(adaApi, id);
  const list = await adaApi.expect(RecommendationList, "GET", "/user/recommendations");
  const unwanted = encodeURIComponent(list.recommendations[0]?.externalId ?? "");
  await adaApi.call("POST", `/user/recommendations/${unwanted}/dismiss`, {});
  await adaApi.call("GET", `${base}/sync/status?live`);
  assert.equal((await platform.api.call("GET", `/admin/plugins/${syncId}`)).status, 200);
}

async function ended(api: ApiClient, taskId: string): Promise<void> {
  const task = await until(
    () => api.expect(Task, "GET", `/tasks/${taskId}`),
    ({ finishedAt }) => finishedAt !== undefined,
  );
  assert.equal(task.state, "succeeded", task.reason);
}

/** What `look` gives once `holds` of it, or at the end of the time: for the caller to assert. */
async function until<Seen>(
  look: () => Promise<Seen>,
  holds: (seen: Seen) => boolean,
): Promise<Seen> {
  const deadline = performance.now() + TIMEOUT_MS;
  for (;;) {
    const seen = await look();
    if (holds(seen) || performance.now() > deadline) return seen;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

/** Everywhere but in the database's own files, which keep what was deleted until the space is used again. */
async function placesOf({ platform }: Scene, ids: readonly string[]): Promise<Set<string>> {
  const findings = await findEverywhere(platform, ids, DATABASE_FILES);
  return new Set(findings.map(({ where }) => where));
}

/** Until no service owes the deletion of what it kept. */
async function untilPurged({ adaApi }: Scene): Promise<void> {
  const isPurged = ({ available }: z.infer<typeof UserPluginList>) =>
    available.every(({ purgesOwed }) => purgesOwed === undefined);
  const plugins = await until(
    () => adaApi.expect(UserPluginList, "GET", "/user/plugins"),
    isPurged,
  );
  assert.ok(isPurged(plugins), "Purges are still owed");
}

/** What each service keeps of a connection; the search has to find it before it may find nothing. */
const KEPT = [
  "auth.connections",
  "auth.oauth_grants",
  "auth.secrets",
  "plugin_host.egress",
  "storage.entries",
  "sync.connection_syncs",
  "sync.dismissals",
  "sync.entry_matches",
  "sync.entry_states",
  "sync.outbox_entries",
  "sync.recommendation_lists",
  "sync.sync_runs",
].map((name) => `table ${name}`);

Deno.test("after a disconnect nothing names the connection, and one line tells of it", async () => {
  await withReader(async (scene) => {
    const { platform, provider, ada, adaApi, syncId, recommendationsId } = scene;
    await liveALittle(scene);
    const plugins = [syncId, recommendationsId];
    const { enabled } = await adaApi.expect(UserPluginList, "GET", "/user/plugins");
    const ids = enabled.map(({ id }) => id);
    assert.equal(ids.length, 2);
    // What left for plugins is noted a moment after the call.
    const hasAll = (places: Set<string>) => KEPT.every((place) => places.has(place));
    const before = await until(() => placesOf(scene, ids), hasAll);
    assert.deepEqual(KEPT.filter((place) => !before.has(place)), []);
    assert.ok([...before].some((place) => place.startsWith("folder plugin-data/")));
    const secrets = [...provider.secrets, adaApi.token ?? "", READER_PASSWORD];
    assert.deepEqual(await findEverywhere(platform, secrets), [], "None stands anywhere in clear");

    const pending = await ada.goToProvider(syncId);
    for (const id of plugins) await adaApi.expect(Empty, "DELETE", `/user/plugins/${id}`);
    const ofAuth = (await placesOf(scene, ids)).union(await placesOf(scene, [...provider.secrets]));
    assert.deepEqual(
      [...ofAuth].filter((place) => place.startsWith("table auth.")),
      [...ofAuth].filter((place) => place === "table auth.purges_owed"),
      "Tokens, credentials and configuration are gone when the call returns",
    );
    assert.equal((await ada.comeBack(pending)).reason, "used");

    await untilPurged(scene);
    assert.deepEqual([...await placesOf(scene, ids)], []);
    const { items } = await platform.api.expect(AuditPage, "GET", "/admin/audit");
    const lines = items.filter(({ action }) => action === "connection.disconnected");
    assert.deepEqual(
      lines.map(({ actorName, target }) => [actorName, target]),
      plugins.toReversed().map((id) => ["ada", id]),
    );

    // Connecting again begins anew, and no late purge touches it.
    await liveALittle(scene);
    const again = await ada.connection(syncId);
    assert.ok(again.status === "connected" && !ids.includes(again.id));
  });
});

Deno.test("a disconnect beside a run that begins leaves nothing, either", async () => {
  await withReader(async (scene) => {
    const { adaApi, recommendationsId } = scene;
    const path = `/user/plugins/${recommendationsId}`;
    const ids: string[] = [];
    for (let round = 0; round < 8; round++) {
      const { id } = await adaApi.expect(UserPlugin, "POST", `${path}/enable`);
      ids.push(id);
      const refresh = adaApi.call("POST", "/user/recommendations/refresh");
      if (round % 2 === 1) await new Promise((resolve) => setTimeout(resolve, round * 3));
      await adaApi.expect(Empty, "DELETE", path);
      assert.equal((await refresh).status, 200);
    }
    await untilPurged(scene);
    // A run that missed the purge goes with its first step.
    const places = await until(() => placesOf(scene, ids), ({ size }) => size === 0);
    assert.deepEqual([...places], []);
  });
});

Deno.test("after a person's deletion the audit log alone names them", async () => {
  await withReader(async (scene) => {
    const { platform, ada, adaApi, adaId, syncId } = scene;
    await liveALittle(scene);
    const pending = await ada.goToProvider(syncId);
    const { enabled } = await adaApi.expect(UserPluginList, "GET", "/user/plugins");
    const ids = [adaId, ...enabled.map(({ id }) => id)];
    const before = await placesOf(scene, ids);
    for (const table of ["library.book_progress", "auth.sessions", "auth.oauth_flows"]) {
      assert.ok(before.has(`table ${table}`), table);
    }
    await platform.api.expect(Empty, "DELETE", `/users/${adaId}`);
    // Whether the browser still counts as signed in is a matter of seconds; the flow is gone at once.
    assert.equal((await ada.comeBack(pending)).kind, "failed");
    const left = ["table auth.audit_log", "the platform's output"];
    // The line of the request comes through a pipe: it may be there after all else is gone.
    const places = await until(
      () => placesOf(scene, ids),
      (places) => places.size === left.length && !places.has("table auth.purges_owed"),
    );
    assert.deepEqual([...places].sort(), left);
    const lines = platform.output().split("\n").filter((line) =>
      ids.some((id) => line.includes(id))
    );
    assert.equal(lines.length, 1, "The request itself");
    assert.match(lines[0] ?? "", /"?DELETE"?.*\/api\/v1\/users\//);
  });
});
