/** The whole platform with a reader whose series are at AniList too, or rather at its stand-in. */
import assert from "node:assert/strict";
import {
  BookPage,
  BookProgress,
  Plugin,
  SeriesPage,
  SyncResult,
  SyncStarted,
  Task,
  UserPlugin,
} from "@codex/protocol";
import type { z } from "zod";
import type { ApiClient } from "../harness/api_client.ts";
import type { FakeAnilist } from "../fakes/anilist/fake_anilist.ts";
import type { FakeUser } from "../fakes/anilist/resolvers.ts";
import { startFakeAnilist } from "../fakes/anilist/server.ts";
import { type Platform, type PlatformOptions, startPlatform } from "../harness/platform.ts";
import { createLibrary, grantPlugin, importLines, setUpAdmin } from "../harness/scenario.ts";

export const SOURCE = "api:anilist";
export const TOKEN = "token-of-a-test";
const VOLUMES = 4;
const BOOKS_LIMIT = 200;
/** Requests that are on their way at a time. */
const PARALLEL = 16;
const TASK_TIMEOUT_MS = 600_000;

type Result = z.infer<typeof SyncResult>;
type Series = z.infer<typeof SeriesPage>["items"][number];

export interface AnilistScene extends AsyncDisposable {
  readonly platform: Platform;
  readonly anilistUrl: string;
  readonly fake: FakeAnilist;
  readonly user: FakeUser;
  readonly plugin: Plugin;
  /** By AniList's id: the series' books, in order. */
  readonly books: ReadonlyMap<number, readonly string[]>;
  /** Marks the first `count` volumes as read, but for those before `from`. */
  read(mediaId: number, count: number, from?: number): Promise<void>;
  /** As it is here. */
  series(mediaId: number): Promise<Series>;
  /** How many volumes are read here. */
  volumesRead(mediaId: number): Promise<number>;
  /** Pastes the reader's token, or another. */
  connect(token?: string): Promise<void>;
  begin(body?: object): Promise<string>;
  /** The task once this holds of it. */
  until(taskId: string, holds: (task: Task) => boolean): Promise<Task>;
  /** The task once it has ended. */
  ended(taskId: string): Promise<Task>;
  sync(): Promise<Result>;
}

export interface AnilistSceneOptions extends PlatformOptions {
  /** Series of the reader; their ids at AniList are 1, 2 and so on. */
  readonly series: number;
  /** Of each series, at most 200; 4 unless given. */
  readonly volumes?: number;
  /** Milliseconds that AniList takes for an answer; none unless given. */
  readonly anilistDelayMs?: number;
}

/** Nothing is read yet, and AniList's lists are empty. */
export async function createAnilistScene(options: AnilistSceneOptions): Promise<AnilistScene> {
  await using parts = new AsyncDisposableStack();
  const { url: anilistUrl, fake } = parts.use(
    startFakeAnilist({ delayMs: options.anilistDelayMs ?? 0 }),
  );
  const user = fake.addUser("reader", TOKEN);
  const platform = parts.use(await startPlatform(options));
  const { api } = platform;
  await setUpAdmin(platform);
  const plugin = await grantPlugin(platform, "sync-anilist", {
    config: { apiUrl: anilistUrl },
    network: [new URL(anilistUrl).host],
  });
  const base = `/user/plugins/${plugin.id}`;
  const connect = async (accessToken = TOKEN) => {
    await api.expect(UserPlugin, "POST", `${base}/credentials`, { accessToken });
  };
  await api.expect(UserPlugin, "POST", `${base}/enable`);
  await connect();
  const books = await shelve(platform, fake, options);
  const kept = parts.move();

  const scene: AnilistScene = {
    platform,
    anilistUrl,
    fake,
    user,
    plugin,
    books,
    async read(mediaId, count, from = 0) {
      for (const bookId of books.get(mediaId)?.slice(from, count) ?? []) {
        await api.expect(BookProgress, "PUT", `/books/${bookId}/progress`, { completed: true });
      }
    },
    async series(mediaId) {
      const page = await api.expect(SeriesPage, "GET", `/series?q=${nameOf(mediaId)}`);
      const found = page.items.find(({ title }) => title === `Manga ${nameOf(mediaId)}`);
      assert.ok(found, `There is no series ${mediaId}`);
      return found;
    },
    volumesRead: async (mediaId) => (await scene.series(mediaId)).booksRead,
    connect,
    async begin(body = {}) {
      return (await api.expect(SyncStarted, "POST", `${base}/sync`, body)).taskId;
    },
    until: (taskId, holds) => taskUntil(api, taskId, holds),
    ended: (taskId) => taskUntil(api, taskId, ({ finishedAt }) => finishedAt !== undefined),
    async sync() {
      const task = await scene.ended(await scene.begin());
      assert.equal(task.state, "succeeded", task.reason);
      return SyncResult.parse(task.result);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
  return scene;
}

/** Makes the reader's series here and their works at AniList; the books' ids by the works'. */
async function shelve(
  platform: Platform,
  { catalogue }: FakeAnilist,
  { series, volumes = VOLUMES }: AnilistSceneOptions,
): Promise<Map<number, readonly string[]>> {
  const library = await createLibrary(platform, "Manga");
  const ids = Array.from({ length: series }, (_, index) => index + 1);
  // Without an end, so that the plugin takes any number of volumes.
  for (const id of ids) catalogue.add(id, { volumes: null, chapters: null });
  await importLines(platform, library.id, ids.map((id) => toLine(id, volumes)));
  const books = await findBooks(platform, library.id);
  assert.equal(books.size, series);
  return books;
}

/** The task once `holds` of it. */
export async function taskUntil(
  api: ApiClient,
  taskId: string,
  holds: (task: Task) => boolean,
): Promise<Task> {
  const deadline = performance.now() + TASK_TIMEOUT_MS;
  while (true) {
    const task = await api.expect(Task, "GET", `/tasks/${taskId}`);
    if (holds(task)) return task;
    if (performance.now() > deadline) throw new Error(`Task ${taskId} stays ${task.state}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** `work` for each item, several at a time. */
export async function inParallel<Item>(
  items: readonly Item[],
  work: (item: Item) => Promise<unknown>,
): Promise<void> {
  const rest = items.values();
  await Promise.all(Array.from({ length: PARALLEL }, async () => {
    for (const item of rest) await work(item);
  }));
}

/** A word that a search finds alone. */
function nameOf(mediaId: number): string {
  return `number${mediaId}`;
}

function toLine(mediaId: number, volumes: number): object {
  const title = `Manga ${nameOf(mediaId)}`;
  return {
    key: title,
    title,
    externalIds: [{ source: SOURCE, externalId: String(mediaId) }],
    books: Array.from({ length: volumes }, (_, index) => ({
      key: `${title} ${index + 1}`,
      title: `Volume ${index + 1}`,
      volume: index + 1,
    })),
  };
}

async function findBooks(
  { api }: Platform,
  libraryId: string,
): Promise<Map<number, readonly string[]>> {
  const books = new Map<number, readonly string[]>();
  let cursor = "";
  do {
    const query = `libraryId=${libraryId}&limit=200${cursor && `&cursor=${cursor}`}`;
    const page = await api.expect(SeriesPage, "GET", `/series?${query}`);
    await inParallel(page.items, async ({ id, title }) => {
      const { items } = await api.expect(
        BookPage,
        "GET",
        `/series/${id}/books?limit=${BOOKS_LIMIT}`,
      );
      books.set(Number(title.replace(/\D/g, "")), items.map((book) => book.id));
    });
    cursor = page.nextCursor ?? "";
  } while (cursor !== "");
  return books;
}
