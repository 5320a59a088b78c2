/** Echo: a metadata plugin that answers from the question. */
import {
  type CallContext,
  createMetadataPlugin,
  type MatchAnswer,
  type Plugin,
  type SearchResult,
} from "@codex/plugin-sdk";
import { delay } from "@codex/plugin-sdk/pacing";
import { bookMetadata, bookResult, searchText } from "./book.ts";
import { type EchoItem, itemOf, searchPage } from "./echo_item.ts";
import { seriesMetadata, seriesResult } from "./series.ts";
import { configSchema, failure, readSettings, type Settings } from "./settings.ts";

export function createEchoPlugin(): Plugin {
  // Set by onInitialize, which the SDK runs before any handler.
  let settings: Settings = readSettings({});

  /** What every handler does first. */
  async function misbehave({ signal }: CallContext): Promise<void> {
    if (settings.delayMs > 0) await delay(settings.delayMs, signal);
    if (settings.failWith !== null) throw failure(settings.failWith);
  }

  return createMetadataPlugin({
    manifest: {
      name: "metadata-echo",
      displayName: "Echo",
      version: "0.1.0",
      description: "Answers every search from the query itself, offline",
      author: "Codex",
      configSchema,
      capabilities: { externalIdSource: "api:echo" },
    },
    onInitialize({ adminConfig, log }) {
      settings = readSettings(adminConfig);
      log.info("Echo is ready", { ...settings });
    },
    series: {
      async search(params, context) {
        await misbehave(context);
        return searchPage(params.query, settings.resultCount, params, seriesResult);
      },
      async get({ externalId }, context) {
        await misbehave(context);
        return seriesMetadata(itemOf(externalId));
      },
      async match({ title }, context) {
        await misbehave(context);
        return matchOf(title, settings.resultCount, seriesResult);
      },
    },
    book: {
      async search(params, context) {
        await misbehave(context);
        return searchPage(searchText(params), settings.resultCount, params, bookResult);
      },
      async get({ externalId }, context) {
        await misbehave(context);
        return bookMetadata(itemOf(externalId));
      },
      async match({ title }, context) {
        await misbehave(context);
        return matchOf(title, settings.resultCount, bookResult);
      },
    },
  });
}

/** Echo is always sure: the first result is the title asked for. */
function matchOf(
  title: string,
  resultCount: number,
  toResult: (item: EchoItem) => SearchResult,
): MatchAnswer {
  const { results: [match, ...alternatives] } = searchPage(title, resultCount, {}, toResult);
  if (match === undefined) return { match: null, confidence: 0 };
  return { match, confidence: 1, alternatives };
}
