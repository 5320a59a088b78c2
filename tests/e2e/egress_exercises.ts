/** How each plugin under `plugins/` is made to receive all that it ever gets. A new one needs a line here. */
import assert from "node:assert/strict";
import {
  ApplyAnswer,
  ExecuteAnswer,
  type PluginId,
  PreviewAnswer,
  RefreshAnswer,
  SearchAnswer,
  SyncStarted,
  Task,
  type TaskId,
  TERMINAL_TASK_STATES,
  UserPlugin,
} from "@codex/protocol";
import { startFakeOpenLibrary } from "../../plugins/metadata-openlibrary/testing/fake_server.ts";
import { startFakeAnilist } from "../fakes/anilist/server.ts";
import type { ApiClient } from "../harness/api_client.ts";
import type { Platform } from "../harness/platform.ts";
import { grantPlugin } from "../harness/scenario.ts";
import type { Reader, Scene } from "./egress_scene.ts";

export interface Stage {
  readonly platform: Platform;
  readonly scene: Scene;
}

export type Exercise = (stage: Stage) => Promise<void>;

export const EXERCISES: Readonly<Record<string, Exercise>> = {
  "metadata-echo": async ({ platform, scene }) => {
    const { id } = await grantPlugin(platform, "metadata-echo");
    await enrich(platform, id, "series", scene.series[0]!);
    await enrich(platform, id, "book", scene.books[0]!);
  },
  "metadata-openlibrary": async ({ platform, scene }) => {
    await using fake = startFakeOpenLibrary();
    const { id } = await grantPlugin(platform, "metadata-openlibrary", {
      config: { baseUrl: fake.url, contact: "test@example.org" },
      network: [new URL(fake.url).host],
    });
    await enrich(platform, id, "book", { ...scene.books[0]!, title: "The Hobbit" });
  },
  "sync-echo": async ({ platform, scene }) => {
    const { id } = await grantPlugin(platform, "sync-echo");
    for (const reader of scene.readers) {
      await reader.api.expect(UserPlugin, "POST", `/user/plugins/${id}/enable`);
      await reader.api.expect(UserPlugin, "PATCH", `/user/plugins/${id}/config`, {
        config: { username: reader.token },
      });
      await syncAll(reader, id);
    }
  },
  "sync-anilist": async ({ platform, scene }) => {
    await using running = startFakeAnilist();
    const id = await grantAnilist(platform, "sync-anilist", running.url);
    for (const reader of scene.readers) {
      running.fake.addUser(reader.name, reader.token);
      await connectByToken(reader, id);
      await syncAll(reader, id);
    }
  },
  "recommendations-echo": async ({ platform, scene }) => {
    const { id } = await grantPlugin(platform, "recommendations-echo");
    for (const reader of scene.readers) {
      await reader.api.expect(UserPlugin, "POST", `/user/plugins/${id}/enable`);
      await recommend(reader, id);
    }
  },
  "recommendations-anilist": async ({ platform, scene }) => {
    await using running = startFakeAnilist();
    const id = await grantAnilist(platform, "recommendations-anilist", running.url);
    for (const reader of scene.readers) {
      running.fake.addUser(reader.name, reader.token);
      await connectByToken(reader, id);
      await recommend(reader, id);
    }
  },
};

/** Search, match, preview, apply. */
async function enrich(
  { api }: Platform,
  pluginId: PluginId,
  contentType: "series" | "book",
  work: { readonly id: string; readonly title: string },
): Promise<void> {
  const execute = async (action: string, params: Record<string, unknown>) => {
    const body = { action: { metadata: { action, contentType, params } } };
    return await api.expect(ExecuteAnswer, "POST", `/plugins/${pluginId}/execute`, body);
  };
  const found = await execute("search", { query: work.title });
  assert.ok(found.success, JSON.stringify(found.error));
  const [first] = SearchAnswer.parse(found.result).results;
  assert.ok(first);
  await execute("match", { title: work.title, authors: ["Someone"] });
  const base = `/${contentType === "book" ? "books" : "series"}/${work.id}/metadata`;
  const wish = { pluginId, externalId: first.externalId };
  await api.expect(PreviewAnswer, "POST", `${base}/preview`, wish);
  await api.expect(ApplyAnswer, "POST", `${base}/apply`, wish);
  await api.call("POST", `${base}/auto-match`, { pluginId });
}

async function grantAnilist(platform: Platform, name: string, url: string): Promise<PluginId> {
  const wishes = { config: { apiUrl: url }, network: [new URL(url).host] };
  return (await grantPlugin(platform, name, wishes)).id;
}

async function connectByToken(reader: Reader, id: PluginId): Promise<void> {
  await reader.api.expect(UserPlugin, "POST", `/user/plugins/${id}/enable`);
  const connection = await reader.api.expect(
    UserPlugin,
    "POST",
    `/user/plugins/${id}/credentials`,
    { accessToken: reader.token },
  );
  assert.equal(connection.status, "connected");
}

/** One run with everything that a reader can let it send. */
async function syncAll({ api }: Reader, id: PluginId): Promise<void> {
  await api.expect(UserPlugin, "PATCH", `/user/plugins/${id}/config`, {
    config: { _codex: { syncRatings: true, searchFallback: true, sendCustomMetadata: true } },
  });
  const { taskId } = await api.expect(SyncStarted, "POST", `/user/plugins/${id}/sync`, {});
  await succeed(api, taskId);
}

/** A new list of what this reader is recommended; plugins that were exercised before make theirs, too. */
async function recommend({ api }: Reader, id: PluginId): Promise<void> {
  const { taskIds } = await api.expect(RefreshAnswer, "POST", "/user/recommendations/refresh");
  const tasks = await Promise.all(
    taskIds.map((taskId) => api.expect(Task, "GET", `/tasks/${taskId}`)),
  );
  const own = tasks.find(({ pluginId }) => pluginId === id);
  assert.ok(own, JSON.stringify(tasks));
  await succeed(api, own.id);
}

async function succeed(api: ApiClient, taskId: TaskId): Promise<void> {
  for (;;) {
    const task = await api.expect(Task, "GET", `/tasks/${taskId}`);
    if (!TERMINAL_TASK_STATES.includes(task.state)) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      continue;
    }
    assert.equal(task.state, "succeeded", JSON.stringify(task));
    return;
  }
}
