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
import type { FakeAnilist } from "../fakes/anilist/fake_anilist.ts";
import type { FakeUser } from "../fakes/anilist/resolvers.ts";
import { startFakeAnilist } from "../fakes/anilist/server.ts";
import { type Platform, type PlatformOptions, startPlatform } from "../harness/platform.ts";
import { createLibrary, grantPlugin, importLines, setUpAdmin } from "../harness/scenario.ts";

export const SOURCE = "api:anilist";
const TOKEN = "token-of-a-test";
const VOLUMES = 4;
/** Requests that are on their way at a time. */
const PARALLEL = 16;
const TASK_TIMEOUT_MS = 180_000;

type Result = z.infer<typeof SyncResult>;

export interface AnilistScene extends AsyncDisposable {
  readonly platform: Platform;
  readonly fake: FakeAnilist;
  readonly user: FakeUser;
  readonly plugin: Plugin;
  /** By AniList's id: the series' books, in order. */
  readonly books: ReadonlyMap<number, readonly string[]>;
  /** Marks the first `count` volumes as read. */
  read(mediaId: number, count: number): Promise<void>;
  /** How many volumes are read here. */
  volumesRead(mediaId: number): Promise<number>;
  begin(body?: object): Promise<string>;
  /** The task once it has ended. */
  ended(taskId: string): Promise<z.infer<typeof Task>>;
  sync(): Promise<Result>;
}

export interface AnilistSceneOptions extends PlatformOptions {
  /** Series of the reader; their ids at AniList are 1, 2 and so on. */
  readonly series: number;
}

/** Nothing is read yet, and AniList's lists are empty. */
export async function createAnilistScene(options: AnilistSceneOptions): Promise<AnilistScene> {
  await using parts = new AsyncDisposableStack();
  const { url, fake } = parts.use(startFakeAnilist());
  const user = fake.addUser("reader", TOKEN);
  const platform = parts.use(await startPlatform(options));
  const { api } = platform;
  await setUpAdmin(platform);
  const plugin = await grantPlugin(platform, "sync-anilist", {
    config: { apiUrl: url },
    network: [new URL(url).host],
  });
  const base = `/user/plugins/${plugin.id}`;
  await api.expect(UserPlugin, "POST", `${base}/enable`);
  await api.expect(UserPlugin, "POST", `${base}/credentials`, { accessToken: TOKEN });
  const library = await createLibrary(platform, "Manga");
  const ids = Array.from({ length: options.series }, (_, index) => index + 1);
  await importLines(platform, library.id, ids.map(toLine));
  const books = await findBooks(platform, library.id);
  assert.equal(books.size, options.series);
  const kept = parts.move();

  const scene: AnilistScene = {
    platform,
    fake,
    user,
    plugin,
    books,
    async read(mediaId, count) {
      for (const bookId of books.get(mediaId)?.slice(0, count) ?? []) {
        await api.expect(BookProgress, "PUT", `/books/${bookId}/progress`, { completed: true });
      }
    },
    async volumesRead(mediaId) {
      const page = await api.expect(SeriesPage, "GET", `/series?q=${nameOf(mediaId)}`);
      const found = page.items.find(({ title }) => title === `Manga ${nameOf(mediaId)}`);
      return found?.booksRead ?? 0;
    },
    async begin(body = {}) {
      return (await api.expect(SyncStarted, "POST", `${base}/sync`, body)).taskId;
    },
    async ended(taskId) {
      const deadline = performance.now() + TASK_TIMEOUT_MS;
      while (performance.now() < deadline) {
        const task = await api.expect(Task, "GET", `/tasks/${taskId}`);
        if (task.finishedAt !== undefined) return task;
        await new Promise((resolve) => setTimeout(resolve, 200));
      }
      throw new Error(`Task ${taskId} came to no end`);
    },
    async sync() {
      const task = await scene.ended(await scene.begin());
      assert.equal(task.state, "succeeded", task.reason);
      return SyncResult.parse(task.result);
    },
    [Symbol.asyncDispose]: () => kept.disposeAsync(),
  };
  return scene;
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

function toLine(mediaId: number): object {
  const title = `Manga ${nameOf(mediaId)}`;
  return {
    key: title,
    title,
    externalIds: [{ source: SOURCE, externalId: String(mediaId) }],
    books: Array.from({ length: VOLUMES }, (_, index) => ({
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
      const { items } = await api.expect(BookPage, "GET", `/series/${id}/books`);
      books.set(Number(title.replace(/\D/g, "")), items.map((book) => book.id));
    });
    cursor = page.nextCursor ?? "";
  } while (cursor !== "");
  return books;
}
