import { equal } from "node:assert/strict";
import { issueToken } from "@codex/crypto";
import { API_KEY_PREFIX, kindOfToken, SESSION_TOKEN_PREFIX } from "./token_kinds.ts";

Deno.test("issued tokens tell their kind", () => {
  equal(kindOfToken(issueToken(SESSION_TOKEN_PREFIX).token), "session");
  equal(kindOfToken(issueToken(API_KEY_PREFIX).token), "api_key");
});

Deno.test("anything else is no token", () => {
  const { token } = issueToken(SESSION_TOKEN_PREFIX);
  for (const other of ["", "cxs_", `${token}x`, token.slice(1), `x${token}`, `${token}\n`]) {
    equal(kindOfToken(other), undefined);
  }
});
