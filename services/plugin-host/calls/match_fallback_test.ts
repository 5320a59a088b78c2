import assert from "node:assert/strict";
import { type JsonObject, MatchAnswer, type PluginCallAnswer, RpcErrorCode } from "@codex/protocol";
import { RpcError } from "../rpc/errors.ts";
import { matchBySearch, matchFallback } from "./match_fallback.ts";

const NOT_FOUND = new RpcError(RpcErrorCode.methodNotFound, "Method not found");
const BOOK = { title: "Dune", authors: ["Frank Herbert"], year: 1965, isbn: "0441172717" };
const BY_ISBN = { isbn: "0441172717", limit: 20 };
const BY_TITLE = { query: "Dune", author: "Frank Herbert", limit: 20 };

function found(...results: JsonObject[]): PluginCallAnswer {
  return { ok: true, result: { results }, ignored: [] };
}

function dune(externalId: string, author = "Frank Herbert"): JsonObject {
  return { externalId, title: "Dune", year: 1965, preview: { authors: [author] } };
}

/** Matches the book by a plugin that answers its searches so. */
async function matchBook(...answers: PluginCallAnswer[]) {
  const fallback = matchFallback("metadata/book/match", BOOK, NOT_FOUND);
  assert.ok(fallback);
  const searches: JsonObject[] = [];
  const answer = await matchBySearch(fallback, (params) => {
    searches.push(params);
    return Promise.resolve(answers[searches.length - 1] ?? found());
  });
  return { answer, searches };
}

Deno.test("a book is searched by its ISBN, and by nothing else when that is sure", async () => {
  const { answer, searches } = await matchBook(found(dune("1")));
  assert.ok(answer.ok);
  assert.equal(MatchAnswer.parse(answer.result).match?.externalId, "1");
  assert.deepEqual(searches, [BY_ISBN]);
});

Deno.test("a book whose ISBN leads nowhere is searched by title and author", async () => {
  for (const first of [found(), found(dune("1"), dune("2")), found(dune("1", "Al Herb"))]) {
    const { answer, searches } = await matchBook(first, found(dune("3")));
    assert.ok(answer.ok);
    const { match, confidence } = MatchAnswer.parse(answer.result);
    assert.deepEqual([match?.externalId, confidence], ["3", 1]);
    assert.deepEqual(searches, [BY_ISBN, BY_TITLE]);
  }
});

Deno.test("an unsure match by ISBN stays the answer where the title finds nothing better", async () => {
  const { answer } = await matchBook(found(dune("1"), dune("2")), found());
  assert.ok(answer.ok);
  const { match, confidence } = MatchAnswer.parse(answer.result);
  assert.deepEqual([match?.externalId, confidence], ["1", 0.79]);
});

Deno.test("a search that fails ends the matching with its error", async () => {
  const failed = { ok: false as const, error: { code: -32001, message: "Slow down" } };
  assert.deepEqual(await matchBook(failed), { answer: failed, searches: [BY_ISBN] });
});

Deno.test("what was left out of the searches is told with their match", async () => {
  const ignored = (pointer: string) => [{ pointer, reason: "Must have at most 1000 characters" }];
  const { answer } = await matchBook(
    { ok: true, result: { results: [] }, ignored: ignored("/results/0/title") },
    { ok: true, result: { results: [dune("3")] }, ignored: ignored("/results/4/title") },
  );
  assert.ok(answer.ok);
  assert.deepEqual(answer.ignored.map(({ pointer }) => pointer), [
    "/results/0/title",
    "/results/4/title",
  ]);
});

Deno.test("a series is searched by its title alone, and only match can be replaced", () => {
  const params = { title: "Dune", author: "Frank Herbert", year: 1965 };
  const fallback = matchFallback("metadata/series/match", params, NOT_FOUND);
  assert.deepEqual(fallback?.searches, [{ params: { query: "Dune", limit: 20 }, isByIsbn: false }]);
  assert.equal(matchFallback("metadata/series/get", params, NOT_FOUND), undefined);
  const internal = new RpcError(RpcErrorCode.internal, "Broken");
  assert.equal(matchFallback("metadata/series/match", params, internal), undefined);
});
