import assert from "node:assert/strict";
import { LevelLogger } from "./logger.ts";

Deno.test("only records at or above the level are written, each on one line", () => {
  const lines: string[] = [];
  const log = new LevelLogger((line) => lines.push(line));
  log.level = "warn";
  log.info("quiet");
  log.warn("two\nlines", { count: 2n, nested: { ok: true } });
  log.error("plain");
  assert.deepEqual(lines, [
    'warn two\\nlines {"count":"2","nested":{"ok":true}}',
    "error plain",
  ]);
});

Deno.test("an error in the fields shows its stack, and a cycle is survived", () => {
  const lines: string[] = [];
  const log = new LevelLogger((line) => lines.push(line));
  log.error("failed", { error: new TypeError("boom") });
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  log.error("odd", cycle);
  assert.match(lines[0] ?? "", /TypeError: boom\\n.* at /);
  assert.equal(lines[1], "error odd (fields can't be shown)");
});
