import assert from "node:assert/strict";
import { isTooDeep } from "./json_depth.ts";

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}

function judge(text: string): boolean {
  return isTooDeep(JSON.parse(text), text.length);
}

Deno.test("512 levels pass and 513 are too deep, whatever lies beside them", () => {
  const wide = JSON.stringify(Array.from({ length: 500 }, (_, n) => ({ n, s: "xxxx" })));
  assert.equal(judge(nested(512)), false);
  assert.equal(judge(nested(514)), true);
  assert.equal(judge(`{"a":${wide},"b":${nested(300)}}`), false);
  assert.equal(judge(`{"a":${wide},"b":${nested(600)}}`), true);
});

Deno.test("a million levels are judged without overflowing the stack", () => {
  assert.equal(judge(nested(1_000_000)), true);
});
