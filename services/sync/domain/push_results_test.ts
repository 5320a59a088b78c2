import assert from "node:assert/strict";
import fc from "fast-check";
import type { SyncEntry } from "@codex/protocol";
import { readPushAnswer } from "./push_results.ts";

const named = (...ids: string[]): SyncEntry[] =>
  ids.map((externalId) => ({ externalId, status: "reading" }));
const titled = (...titles: string[]): SyncEntry[] =>
  titles.map((title) => ({ externalId: "", status: "reading", title }));
const kinds = (sent: readonly SyncEntry[], answer: unknown) =>
  readPushAnswer(sent, answer).results.map((result) =>
    result.kind === "taken" ? result.externalId : `! ${result.reason}`
  );
const taken = (externalId: string) => ({ externalId, status: "updated" });
const refused = (externalId: string, error = "No") => ({ externalId, status: "failed", error });

Deno.test("each sent entry gets its result, in whatever order and list they come", () => {
  const answer = { success: [taken("c"), refused("b")], failed: [taken("a")] };
  assert.deepEqual(kinds(named("a", "b", "c"), answer), [
    "! The plugin gave no reason",
    "! No",
    "c",
  ]);
});

Deno.test("what the answer leaves out has failed, and may be sent again", () => {
  assert.deepEqual(kinds(named("a", "b"), { success: [taken("a")] }), [
    "a",
    "! The plugin said nothing about this entry",
  ]);
  for (const answer of [{}, null, "text", { success: null }, { success: 5 }]) {
    assert.equal(kinds(named("a"), answer)[0]?.startsWith("! The plugin said nothing"), true);
  }
});

Deno.test("results of entries that were not sent are ignored and told", () => {
  const { results, oddities } = readPushAnswer(named("a"), { success: [taken("z"), taken("a")] });
  assert.equal(results[0]?.kind, "taken");
  assert.deepEqual(oddities, ['A result for "z", which was not sent, was ignored']);
});

Deno.test("of several results for one entry the refusal counts", () => {
  for (const success of [[taken("a"), refused("a")], [refused("a"), taken("a")]]) {
    const { results, oddities } = readPushAnswer(named("a"), { success });
    assert.equal(results[0]?.kind, "refused");
    assert.deepEqual(oddities, ['There were several results for "a"']);
  }
});

Deno.test("a result that is not of its shape is a failure of its entry, or of nobody", () => {
  const odd = [{ externalId: "a", status: "teleported" }, { status: "updated" }, null, 5];
  const { results, oddities } = readPushAnswer(named("a"), { success: odd });
  assert.deepEqual(results, [
    { kind: "refused", reason: "The plugin's result is not of its shape" },
  ]);
  assert.equal(oddities.length, 3);
});

Deno.test("entries sent by title are found by it, and take the id that was found", () => {
  const sent = [...titled("A", "B", "A"), ...named("9")];
  const success = [
    { ...taken("1"), title: "A" },
    { ...taken("2"), title: "B" },
    { ...taken("9"), title: "A" },
    taken("9"),
  ];
  assert.deepEqual(kinds(sent, { success }), ["1", "2", "9", "9"]);
});

Deno.test("a plugin that tells no titles is understood where one entry alone needs them", () => {
  assert.deepEqual(kinds(titled("A"), { success: [taken("1")] }), ["1"]);
  assert.deepEqual(
    kinds(titled("A", "B"), { success: [taken("1")] })[0]?.startsWith("! "),
    true,
  );
  assert.deepEqual(kinds(titled("A"), { success: [taken("")] }), [
    "! The plugin took it and did not tell its id",
  ]);
  for (const id of ["x".repeat(501), "a\u0000"]) {
    assert.deepEqual(kinds(titled("A"), { success: [taken(id)] }), [
      "! The plugin took it and told an id that can't be kept",
    ]);
  }
});

Deno.test("a failure's code and wait are kept", () => {
  const failed = [{ ...refused("a"), errorCode: -32001, retryAfterSeconds: 7 }];
  assert.deepEqual(readPushAnswer(named("a"), { failed }).results, [
    { kind: "refused", reason: "No", code: -32001, retryAfterSeconds: 7 },
  ]);
});

Deno.test("whatever is answered, every entry has exactly one result and nothing is taken unsaid", () => {
  const id = fc.constantFrom("a", "b", "c", "d", "");
  const outcome = fc.record({
    externalId: id,
    status: fc.constantFrom("created", "updated", "unchanged", "failed", "odd"),
    title: fc.constantFrom("A", "B"),
  }, { requiredKeys: ["externalId"] });
  const list = fc.array(fc.oneof(outcome, fc.jsonValue({ maxDepth: 1 })), { maxLength: 8 });
  fc.assert(fc.property(fc.uniqueArray(id), list, list, (ids, success, failed) => {
    const sent = ids.map((externalId): SyncEntry => ({
      externalId,
      status: "reading",
      title: "A",
    }));
    const { results } = readPushAnswer(sent, { success, failed });
    assert.equal(results.length, sent.length);
    const good = new Set(["created", "updated", "unchanged"]);
    for (const [index, result] of results.entries()) {
      if (result.kind !== "taken") continue;
      assert.ok(
        success.some((item) =>
          typeof item === "object" && item !== null && "status" in item &&
          good.has(String(item.status)) && "externalId" in item &&
          (sent[index]?.externalId === "" || item.externalId === sent[index]?.externalId)
        ),
      );
    }
  }));
});
