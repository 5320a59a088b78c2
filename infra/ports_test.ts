import assert from "node:assert/strict";
import { freePorts } from "./ports.ts";

const OUTGOING_FIRST = 32_768;

Deno.test("free ports differ, can be listened at, and are none that an outgoing connection gets", () => {
  const ports = freePorts(50);
  assert.equal(new Set(ports).size, 50);
  for (const port of ports) {
    assert.ok(port < OUTGOING_FIRST, `${port}`);
    Deno.listen({ hostname: "127.0.0.1", port }).close();
  }
});
