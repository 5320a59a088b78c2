import assert from "node:assert/strict";
import { checkKey, checkValueBytes, STORAGE_LIMITS } from "./limits.ts";

const limits = STORAGE_LIMITS;

Deno.test("a key has 1 to 256 characters, however many code units each takes", () => {
  for (const character of ["a", "é", "本", "😀", "\ud800", "\0"]) {
    assert.deepEqual(checkKey(character.repeat(256), limits), { ok: true });
    const tooLong = checkKey(character.repeat(257), limits);
    assert.ok(!tooLong.ok && tooLong.detail.includes("1 to 256 characters"));
  }
  assert.deepEqual(checkKey("a", limits), { ok: true });
  assert.equal(checkKey("", limits).ok, false);
  assert.equal(checkKey("a".repeat(4_000_000), limits).ok, false);
});

Deno.test("a value has at most 1048576 bytes", () => {
  assert.deepEqual(checkValueBytes(1_048_576, limits), { ok: true });
  assert.deepEqual(checkValueBytes(1_048_577, limits), {
    ok: false,
    code: "quota_exceeded",
    detail: "A value has at most 1048576 bytes as compact JSON: this one has 1048577",
  });
});
