import { deepEqual as equal } from "node:assert/strict";
import { SCOPES, SCOPES_OF_ROLE } from "@codex/protocol";
import { effectiveScopes, scopesBeyond } from "./scopes.ts";

Deno.test("a token has the scopes that both its role and itself have", () => {
  equal(effectiveScopes("admin", ["users:admin", "account"]), ["account", "users:admin"]);
  equal(effectiveScopes("reader", SCOPES), [...SCOPES_OF_ROLE.reader]);
  equal(effectiveScopes("reader", ["plugins:admin"]), []);
  equal(effectiveScopes("admin", ["a scope of a later version"]), []);
});

Deno.test("scopes beyond one's own are named", () => {
  equal(scopesBeyond(["account"], ["account", "plugins:admin"]), ["plugins:admin"]);
  equal(scopesBeyond(SCOPES, SCOPES), []);
});
