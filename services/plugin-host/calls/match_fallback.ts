/** `match` for plugins that can only search (protocol.md: "Host → plugin methods"). */
import {
  type ContentType,
  type JsonObject,
  type MatchAnswer,
  metadataMethods,
  RpcErrorCode,
  type SearchAnswer,
} from "@codex/protocol";
import { bestMatch } from "../domain/match_score.ts";
import { RpcError } from "../rpc/errors.ts";

/** Results to choose from. */
const SEARCH_LIMIT = 20;

export interface MatchFallback {
  readonly contentType: ContentType;
  readonly searchParams: JsonObject;
  choose(answer: SearchAnswer): MatchAnswer;
}

/** How a refused call can be answered by a search; undefined where it can't. */
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

function seriesFallback(params: JsonObject): MatchFallback | undefined {
  const wanted = metadataMethods.series.match.params.safeParse(params);
  if (!wanted.success) return undefined;
  const { title, year, author } = wanted.data;
  return {
    contentType: "series",
    searchParams: { query: title, limit: SEARCH_LIMIT },
    choose: ({ results }) =>
      bestMatch({ title, year, authors: author === undefined ? [] : [author] }, results),
  };
}

function bookFallback(params: JsonObject): MatchFallback | undefined {
  const wanted = metadataMethods.book.match.params.safeParse(params);
  if (!wanted.success) return undefined;
  const { title, authors, year, isbn } = wanted.data;
  const [author] = authors;
  return {
    contentType: "book",
    searchParams: {
      query: title,
      limit: SEARCH_LIMIT,
      ...(isbn !== undefined && { isbn }),
      ...(author !== undefined && { author }),
      ...(year !== undefined && { year }),
    },
    choose: ({ results }) => bestMatch({ title, year, authors }, results),
  };
}
