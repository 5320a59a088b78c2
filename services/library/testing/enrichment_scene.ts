/** One series with one book, and a plugin that knows more about both. */
import type { Capabilities, Json, Permission, PluginSummary, Series } from "@codex/protocol";
import type { Book, PluginId } from "@codex/protocol";
import { createFixture } from "./fixture.ts";

export const SERIES_ANSWER: Record<string, Json> = {
  externalId: "42",
  externalUrl: "https://plugin.example/42",
  title: "The Hobbit",
  summary: "There and back again",
  genres: ["Fantasy", "Classic"],
  year: 1937,
  status: "ended",
};

export const BOOK_ANSWER: Record<string, Json> = {
  ...SERIES_ANSWER,
  status: null,
  isbn: "9780261102217",
  pageCount: 310,
};

export interface SceneOptions {
  readonly permissions?: readonly Permission[];
  readonly plugin?: Partial<PluginSummary>;
  readonly capabilities?: Partial<Capabilities>;
}

export async function createScene({ permissions, plugin, capabilities }: SceneOptions = {}) {
  const fixture = await createFixture();
  const library = await fixture.createLibrary();
  await fixture.import(library.id, [{
    key: "s",
    title: "Hobbit",
    metadata: { genres: ["Fantasy"], year: 1937, authors: ["J.R.R. Tolkien"] },
    books: [{ key: "b", title: "Hobbit", number: 1, metadata: { authors: ["J.R.R. Tolkien"] } }],
  }]);
  const series: Series = await fixture.find("hobbit");
  const [book] = await fixture.booksOf(series.id);
  /** What the plugin answers; tests change it. */
  const answers = { series: { ...SERIES_ANSWER }, book: { ...BOOK_ANSWER } };
  const pluginId: PluginId = fixture.pluginHost.add(
    {
      "metadata/series/get": () => answers.series,
      "metadata/book/get": () => answers.book,
    },
    { permissions: [...permissions ?? ["metadata:write:*"]], ...plugin },
    capabilities,
  );
  fixture.clock.advance(1000);
  return {
    fixture,
    library,
    series,
    book: book as Book,
    answers,
    pluginId,
    request: { pluginId, externalId: "42" },
    [Symbol.asyncDispose]: () => fixture[Symbol.asyncDispose](),
  };
}
