/** `match` for plugins that can only search (protocol.md: "Host → plugin methods"). */
import {
  type ContentType,
  type IgnoredValue,
  JsonObject,
  type MatchAnswer,
  metadataMethods,
  type PluginCallAnswer,
  RpcErrorCode,
  SearchAnswer,
} from "@codex/protocol";
import { bestMatch, SURE_MIN, type Wanted } from "../domain/match_score.ts";
import { RpcError } from "../rpc/errors.ts";

/** Results to choose from. */
const SEARCH_LIMIT = 20;

interface Search {
  readonly params: JsonObject;
  readonly isByIsbn: boolean;
}

export interface MatchFallback {
  readonly contentType: ContentType;
  readonly wanted: Wanted;
  /** Tried in order until a match is sure. */
  readonly searches: readonly Search[];
}

/** How a refused call can be answered by searching; undefined where it can't. */
export function matchFallback(
  method: string,
  params: JsonObject,
  error: unknown,
): MatchFallback | undefined {
  if (!(error instanceof RpcError) || error.code !== RpcErrorCode.methodNotFound) return undefined;
  switch (method) {
    case "metadata/series/match":
      return seriesFallback(params);
    case "metadata/book/match":
      return bookFallback(params);
    default:
      return undefined;
  }
}

/**
 * Judges what `search` finds; the answer of a search that fails is the answer. What is left out of an
 * answer is told with its place there.
 */
export async function matchBySearch(
  { wanted, searches }: MatchFallback,
  search: (params: JsonObject) => Promise<PluginCallAnswer>,
): Promise<PluginCallAnswer> {
  const ignored: IgnoredValue[] = [];
  let best: MatchAnswer = { confidence: 0, alternatives: [] };
  for (const { params, isByIsbn } of searches) {
    const answer = await search(params);
    if (!answer.ok) return answer;
    ignored.push(...answer.ignored);
    const found = bestMatch(wanted, SearchAnswer.parse(answer.result).results, isByIsbn);
    if (found.confidence >= best.confidence) best = found;
    if (best.confidence >= SURE_MIN) break;
  }
  return { ok: true, result: JsonObject.parse(best), ignored };
}

function seriesFallback(params: JsonObject): MatchFallback | undefined {
  const read = metadataMethods.series.match.params.safeParse(params);
  if (!read.success) return undefined;
  const { title, year, author } = read.data;
  return {
    contentType: "series",
    wanted: { title, year, authors: author === undefined ? [] : [author] },
    searches: [{ params: { query: title, limit: SEARCH_LIMIT }, isByIsbn: false }],
  };
}

/** By ISBN, then by title; without the year, which editions differ in: it is weighed afterwards. */
function bookFallback(params: JsonObject): MatchFallback | undefined {
  const read = metadataMethods.book.match.params.safeParse(params);
  if (!read.success) return undefined;
  const { title, authors, year, isbn } = read.data;
  const [author] = authors;
  const byTitle = { query: title, ...(author !== undefined && { author }), limit: SEARCH_LIMIT };
  return {
    contentType: "book",
    wanted: { title, year, authors },
    searches: [
      ...(isbn === undefined ? [] : [{ params: { isbn, limit: SEARCH_LIMIT }, isByIsbn: true }]),
      { params: byTitle, isByIsbn: false },
    ],
  };
}
