/**
 * Syncs on the whole platform: requests to AniList in the usual cases, the memory that a reader with
 * 10,000 series takes, and runs a minute of 50 connections.
 */
import assert from "node:assert/strict";
import {
  API_BASE,
  type Plugin,
  SessionAnswer,
  SyncResult,
  SyncStarted,
  Task,
  User,
  UserPlugin,
} from "@codex/protocol";
import type { z } from "zod";
import type { ApiClient } from "../harness/api_client.ts";
import { type Platform, startPlatform } from "../harness/platform.ts";
import { createLibrary, grantPlugin, importLines, setUpAdmin } from "../harness/scenario.ts";
import { type AnilistScene, createAnilistScene, inParallel } from "../sync/anilist_scene.ts";
import type { Report } from "./report.ts";

const ANILIST_SERIES = 1000;
const SAVES_PER_REQUEST = 25;
const LARGE_SERIES = 10_000;
const MEMORY_AIM_MB = 64;
const CONNECTIONS = 50;
const RUNS_EACH = 3;
const PASSWORD = "password of a benchmark";
/** A service that was just started, or has just worked, still holds what that took. */
const IDLE_MS = 5000;
const SAMPLE_MS = 100;
const LINES_PER_IMPORT = 2000;

export async function syncBench(report: Report): Promise<void> {
  await measureRequests(report);
  await measureMemory(report);
  await measureRuns(report);
}

async function measureRequests(report: Report): Promise<void> {
  await using scene = await createAnilistScene({ series: ANILIST_SERIES });
  const ids = [...scene.books.keys()];
  await inParallel(ids, (id) => scene.read(id, 1));
  const say = async (name: string, saveRequests: number) => {
    const { all, saves } = await requestsOf(scene);
    report({
      name: `sync.requests.${name}`,
      value: all,
      unit: "requests",
      floor: saveRequests,
      aim: `${saveRequests} of them saves`,
      holds: saves === saveRequests,
    });
  };
  await say("first", ANILIST_SERIES / SAVES_PER_REQUEST);
  await say("unchanged", 0);
  for (const id of [1, 500, 999]) await scene.read(id, 2);
  await say("three_changes", 1);
  for (const id of [2, 501, 998]) scene.fake.change(scene.user, id, { progressVolumes: 3 });
  await say("remote_ahead", 0);
}

async function requestsOf({ fake, sync }: AnilistScene): Promise<{ all: number; saves: number }> {
  const [all, saves] = [fake.requests.length, fake.requestsOf("SaveMediaListEntry")];
  await sync();
  return {
    all: fake.requests.length - all,
    saves: fake.requestsOf("SaveMediaListEntry") - saves,
  };
}

async function measureMemory(report: Report): Promise<void> {
  await using platform = await startPlatform();
  const plugin = await setUpEcho(platform, { entryCount: LARGE_SERIES, pageSize: 500 });
  const library = await createLibrary(platform, "Manga");
  for (let start = 0; start < LARGE_SERIES; start += LINES_PER_IMPORT) {
    const lines = Array.from({ length: LINES_PER_IMPORT }, (_, index) => toLine(start + index + 1));
    await importLines(platform, library.id, lines);
  }
  await platform.api.expect(UserPlugin, "POST", `/user/plugins/${plugin.id}/enable`);
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  const idle = await residentMb(platform);
  let peak = idle;
  const sampler = setInterval(async () => {
    peak = Math.max(peak, await residentMb(platform));
  }, SAMPLE_MS);
  const first = await syncOnce(platform.api, plugin);
  assert.deepEqual([first.pulled, first.matched], [LARGE_SERIES, LARGE_SERIES]);
  const second = await syncOnce(platform.api, plugin);
  clearInterval(sampler);
  for (const [name, { durationMs }] of Object.entries({ first, second })) {
    report({ name: `sync.${name}.10000_series`, value: durationMs / 1000, unit: "s" });
  }
  const value = peak - idle;
  report({
    name: "sync.memory.10000_series",
    value,
    unit: "MB over idle",
    floor: idle,
    aim: `≤ ${MEMORY_AIM_MB} MB`,
    holds: value <= MEMORY_AIM_MB,
  });
}

async function measureRuns(report: Report): Promise<void> {
  await using platform = await startPlatform();
  const plugin = await setUpEcho(platform, { entryCount: 20 });
  const library = await createLibrary(platform, "Manga");
  const lines = Array.from({ length: 20 }, (_, index) => toLine(index + 1));
  await importLines(platform, library.id, lines);
  const readers = await Promise.all(
    Array.from({ length: CONNECTIONS }, (_, index) => addReader(platform, plugin, index)),
  );
  // The first runs start the plugins' processes.
  await Promise.all(readers.map((api) => syncOnce(api, plugin)));
  const startedAt = performance.now();
  await Promise.all(readers.map(async (api) => {
    for (let run = 0; run < RUNS_EACH; run++) await syncOnce(api, plugin);
  }));
  const minutes = (performance.now() - startedAt) / 60_000;
  report({
    name: `sync.runs.${CONNECTIONS}_connections`,
    value: CONNECTIONS * RUNS_EACH / minutes,
    unit: "runs/min",
  });
}

async function setUpEcho(platform: Platform, config: Record<string, unknown>): Promise<Plugin> {
  await setUpAdmin(platform);
  return await grantPlugin(platform, "sync-echo", { config });
}

async function addReader(
  { api }: Platform,
  plugin: Plugin,
  index: number,
): Promise<ApiClient> {
  const username = `reader-${index}`;
  const email = `${username}@example.org`;
  await api.expect(User, "POST", "/users", { username, email, password: PASSWORD });
  const login = { username, password: PASSWORD };
  const { accessToken } = await api.expect(SessionAnswer, "POST", "/auth/login", login);
  const reader = api.as(accessToken);
  await reader.expect(UserPlugin, "POST", `/user/plugins/${plugin.id}/enable`);
  return reader;
}

/** Waits for the end by the task's events, which cost the server little however many wait. */
async function syncOnce(api: ApiClient, { id }: Plugin): Promise<z.infer<typeof SyncResult>> {
  const { taskId } = await api.expect(SyncStarted, "POST", `/user/plugins/${id}/sync`, {});
  const events = await fetch(`${api.url}${API_BASE}/tasks/${taskId}/events`, {
    headers: { authorization: `Bearer ${api.token}` },
  });
  await events.text();
  const { state, reason, result } = await api.expect(Task, "GET", `/tasks/${taskId}`);
  assert.equal(state, "succeeded", reason);
  return SyncResult.parse(result);
}

async function residentMb(platform: Platform): Promise<number> {
  const rows = await platform.processes();
  const row = rows.find(({ args }) => args.includes("services/sync/main.ts"));
  return (row?.residentKib ?? 0) / 1024;
}

/** Named and numbered as the echo plugin's account has it. */
function toLine(number: number): object {
  const title = `Echo series ${number}`;
  return {
    key: title,
    title,
    externalIds: [{ source: "api:echo", externalId: `1:${title}` }],
    books: [1, 2, 3].map((volume) => ({
      key: `${title} ${volume}`,
      title: `Volume ${volume}`,
      volume,
    })),
  };
}
