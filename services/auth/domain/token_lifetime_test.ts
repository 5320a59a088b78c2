import { deepEqual as equal } from "node:assert/strict";
import { refreshDelayMs, tokenTimes } from "./token_lifetime.ts";

Deno.test("a token is renewed six minutes before it ends, a short-lived one at half its life", () => {
  const refreshAfter = (seconds: number) => tokenTimes(0, seconds, true).refreshAt?.getTime();
  equal(refreshAfter(3600), 3_240_000);
  equal(refreshAfter(720), 360_000);
  equal(refreshAfter(60), 30_000);
});

Deno.test("nothing is due without a refresh token, or without an expiry", () => {
  equal(tokenTimes(1000, 60, false), { expiresAt: new Date(61_000), refreshAt: null });
  equal(tokenTimes(1000, undefined, true), { expiresAt: null, refreshAt: null });
});

Deno.test("attempts grow apart, up to ten minutes, and heed what the provider asks for", () => {
  equal([1, 2, 3].map((failures) => refreshDelayMs(failures, undefined)), [5000, 10_000, 20_000]);
  equal(refreshDelayMs(50, undefined), 600_000);
  equal(refreshDelayMs(1, 90), 90_000);
  equal(refreshDelayMs(4, 1), 40_000);
  equal(refreshDelayMs(1, 999_999), 3_600_000);
});
