/** A library whose every private value can be told apart, and two readers who use everything. */
import assert from "node:assert/strict";
import { join } from "node:path";
import {
  type Book,
  BookPage,
  Me,
  type Series,
  SeriesPage,
  SessionAnswer,
  User,
  type UserId,
} from "@codex/protocol";
import type { ApiClient } from "../harness/api_client.ts";
import type { Platform } from "../harness/platform.ts";
import { ADMIN_PASSWORD, importLines, setUpAdmin } from "../harness/scenario.ts";

export interface Reader {
  readonly name: string;
  readonly userId: UserId;
  readonly api: ApiClient;
  /** At the service that a plugin brings progress to. */
  readonly token: string;
  /** What nobody else's processes may learn: how this reader reads, and what their connections hold. */
  readonly ownValues: readonly string[];
  /** What no plugin may learn. */
  readonly hiddenValues: readonly string[];
}

export interface Scene {
  readonly readers: readonly [Reader, Reader];
  readonly series: readonly Series[];
  readonly books: readonly Book[];
  /** Of libraries, files and the server itself: what no plugin may learn. */
  readonly hiddenValues: readonly string[];
}

/** A value that nothing else has. */
export function mark(of: string): string {
  return `${of}-${crypto.randomUUID().slice(0, 8)}`;
}

export async function buildScene(platform: Platform): Promise<Scene> {
  await setUpAdmin(platform);
  const admin = await platform.api.expect(Me, "GET", "/auth/me");
  const files = await Deno.makeTempDir({ prefix: mark("library-folder-") });
  const content = mark("content of a book");
  const libraryName = mark("Library of the family");
  const summary = mark("What was written about it here");
  const library = await platform.api.call("POST", "/libraries", { name: libraryName, path: files });
  const lines = await Promise.all([1, 2, 3].map(async (number) => {
    const folder = join(files, mark(`shelf-${number}`));
    await Deno.mkdir(folder);
    const file = join(folder, mark("volume") + ".epub");
    await Deno.writeTextFile(file, content);
    const title = `Series ${number}`;
    return {
      key: folder,
      title,
      metadata: { summary },
      externalIds: [
        { source: "api:echo", externalId: `1:${title}` },
        { source: "api:anilist", externalId: String(number) },
      ],
      books: [{ key: file, title: `${title}, volume 1`, number: 1 }],
    };
  }));
  const report = await importLines(platform, Object(library.body).id, lines);
  assert.deepEqual([report.series.created, report.failed], [3, 0]);
  await Deno.remove(files, { recursive: true });

  const { items: series } = await platform.api.expect(SeriesPage, "GET", "/series");
  const books = await Promise.all(series.map(async ({ id }) => {
    const page = await platform.api.expect(BookPage, "GET", `/series/${id}/books`);
    assert.ok(page.items[0]);
    return page.items[0];
  }));
  const keys = lines.flatMap(({ key, books: [book] }) => [key, book?.key ?? key]);
  const readers = [
    await makeReader(platform, "ann", series, books),
    await makeReader(platform, "ben", series, books),
  ] as const;
  return {
    series,
    books,
    readers: [...readers],
    hiddenValues: [
      ...[files, content, libraryName, summary, admin.email, ADMIN_PASSWORD],
      ...keys,
      platform.setupCode ?? mark("no setup code"),
      platform.api.token ?? mark("no token"),
    ],
  };
}

/** A user who reads, rates and notes. */
async function makeReader(
  platform: Platform,
  name: string,
  series: readonly Series[],
  books: readonly Book[],
): Promise<Reader> {
  const username = mark(name);
  const account = { username, email: `${username}@example.org`, password: mark("a long password") };
  const { id: userId } = await platform.api.expect(User, "POST", "/users", account);
  const { accessToken } = await platform.api.expect(SessionAnswer, "POST", "/auth/login", account);
  const api = platform.api.as(accessToken);
  const notes = series.map(({ title }) => mark(`What ${name} thinks of ${title}`));
  for (const [index, { id }] of series.entries()) {
    await api.call("PUT", `/series/${id}/rating`, { rating: 50 + index, notes: notes[index] });
  }
  for (const { id } of books) await api.call("PUT", `/books/${id}/progress`, { completed: true });
  const token = mark(`token-of-${name}`);
  return {
    name,
    userId,
    api,
    token,
    ownValues: [...notes, token, userId],
    hiddenValues: [username, account.email, account.password, accessToken],
  };
}
