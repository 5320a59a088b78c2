import assert from "node:assert/strict";
import { z } from "zod";
import { SCOPES_OF_ROLE } from "../identity.ts";
import { OPERATIONS } from "./operations.ts";

Deno.test("operation ids and routes are unique", () => {
  const ids = OPERATIONS.map((operation) => operation.id);
  assert.equal(new Set(ids).size, ids.length);
  const routes = OPERATIONS.map(({ method, path }) => `${method} ${path}`);
  assert.equal(new Set(routes).size, routes.length);
});

Deno.test("every schema of the public API can be written as JSON Schema", () => {
  for (const { id, query, body, answer } of OPERATIONS) {
    for (const [io, schema] of [["input", query], ["input", body], ["output", answer]] as const) {
      if (schema === undefined) continue;
      assert.doesNotThrow(() => z.toJSONSchema(schema, { io }), id);
    }
  }
});

Deno.test("what changes something names a scope, but for signing in and out", () => {
  const open = OPERATIONS.filter(({ method, access }) =>
    method !== "get" && (access === "public" || access === "any")
  );
  assert.deepEqual(open.map(({ id }) => id), ["initializeSetup", "login", "logout"]);
});

Deno.test("whatever only administrators may change is audited, by its owner or by the gateway", () => {
  const others = new Set<string>([...SCOPES_OF_ROLE.reader, ...SCOPES_OF_ROLE.maintainer]);
  const open = ["public", "any"];
  const acts = OPERATIONS.filter(({ method, access }) =>
    method !== "get" && !open.includes(access) && !others.has(access)
  );
  // These write their lines themselves: see their tests of the audit log.
  const writers = ["auth", "plugin-host"];
  for (const { id, owner, audited } of acts) {
    assert.equal(audited === undefined, writers.includes(owner), id);
  }
});

Deno.test("a reader's progress and ratings are written by a scope of its own, which every role has", () => {
  const writes = OPERATIONS.filter(({ access }) => access === "progress:write");
  assert.deepEqual(writes.map(({ id }) => id), [
    "setBookProgress",
    "deleteBookProgress",
    "setSeriesRating",
    "deleteSeriesRating",
  ]);
  for (const scopes of Object.values(SCOPES_OF_ROLE)) assert.ok(scopes.includes("progress:write"));
});
