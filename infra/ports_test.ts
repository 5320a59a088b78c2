import assert from "node:assert/strict";
import { freePorts } from "./ports.ts";

const OUTGOING_FIRST = 32_768;

Deno.test("free ports differ, can be listened at, and are none that others are promised or connections get", () => {
  // A good part of those below it, so that chance doesn't miss them all.
  const promised = new Set(Array.from({ length: 8000 }, (_, index) => OUTGOING_FIRST - 1 - index));
  const ports = freePorts(50, promised);
  assert.equal(new Set(ports).size, 50);
  for (const port of ports) {
    assert.ok(port < OUTGOING_FIRST && !promised.has(port), `${port}`);
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  }
});
