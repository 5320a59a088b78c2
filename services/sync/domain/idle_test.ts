import assert from "node:assert/strict";
import { idleSettings } from "./idle.ts";

Deno.test("days that have passed are told by their settings' names", () => {
  const now = Date.UTC(2026, 0, 31);
  const config = { pauseAfterDays: 30, dropAfterDays: 31, after: 1, waitAfterDays: "2" };
  assert.deepEqual(idleSettings(config, "2026-01-01T00:00:00.000Z", now), ["pauseAfterDays"]);
  assert.deepEqual(idleSettings(config, undefined, now), []);
});
