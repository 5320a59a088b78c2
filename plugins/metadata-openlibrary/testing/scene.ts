/** The whole plugin over real HTTP against the fake server, from the host's side. */
import assert from "node:assert/strict";
import { metadataMethods, readWire } from "@codex/protocol";
import type {
  BookMetadata,
  JsonValue,
  MatchAnswer,
  SearchAnswer,
  SeriesMetadata,
} from "@codex/plugin-sdk";
import { startTestHost, type TestHost } from "@codex/plugin-sdk/testing";
import { createOpenLibraryPlugin } from "../plugin.ts";
import { type FakeOpenLibrary, startFakeOpenLibrary } from "./fake_server.ts";

export interface Scene {
  readonly server: FakeOpenLibrary;
  readonly host: TestHost;
  /** Calls and checks the answer against the protocol as the host does. */
  search(type: ContentType, params: object): Promise<SearchAnswer>;
  match(type: ContentType, params: object): Promise<MatchAnswer>;
  book(externalId: string): Promise<BookMetadata>;
  series(externalId: string): Promise<SeriesMetadata>;
}

type ContentType = "series" | "book";

/** Runs a test with the plugin, its host, and the fake server as its `baseUrl`. */
export async function withPlugin(
  test: (scene: Scene) => Promise<void>,
  adminConfig: Record<string, JsonValue> = {},
): Promise<void> {
  const server = startFakeOpenLibrary();
  const config = { baseUrl: server.url, ...adminConfig };
  const host = await startTestHost(createOpenLibraryPlugin(), {
    adminConfig: config,
    // Too short to wait for a pause of ten seconds.
    requestTimeoutSeconds: 14,
  });
  async function call(type: ContentType, action: "search" | "get" | "match", params: object) {
    const answer = await host.call(`metadata/${type}/${action}`, params);
    const read = readWire(metadataMethods[type][action].answer, answer);
    assert.ok(read.ok, JSON.stringify(read));
    assert.deepEqual(read.ignored, []);
    return answer;
  }
  try {
    await test({
      server,
      host,
      search: async (type, params) => await call(type, "search", params) as SearchAnswer,
      match: async (type, params) => await call(type, "match", params) as MatchAnswer,
      book: async (externalId) => await call("book", "get", { externalId }) as BookMetadata,
      series: async (externalId) => await call("series", "get", { externalId }) as SeriesMetadata,
    });
  } finally {
    await host.stop();
    await server.stop();
  }
}
