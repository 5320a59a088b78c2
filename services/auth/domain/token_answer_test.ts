import { deepEqual as equal } from "node:assert/strict";
import fc from "fast-check";
import { readTokenAnswer } from "./token_answer.ts";

const read = (body: unknown, status = 200, headers: Record<string, string> = {}) =>
  readTokenAnswer({
    status,
    headers,
    body: new TextEncoder().encode(typeof body === "string" ? body : JSON.stringify(body)),
  });

const tokensOf = (body: object) => {
  const answer = read(body);
  return answer.kind === "tokens" ? answer.tokens : answer;
};

Deno.test("tokens are read, with or without what is optional", () => {
  const full = { access_token: "a", refresh_token: "r", expires_in: 3600, token_type: "bearer" };
  equal(tokensOf(full), { accessToken: "a", refreshToken: "r", expiresInSeconds: 3600 });
  const none = { accessToken: "a", refreshToken: undefined, expiresInSeconds: undefined };
  equal(tokensOf({ access_token: "a" }), none);
  equal(tokensOf({ access_token: "a", refresh_token: null, expires_in: null }), none);
});

Deno.test("a lifetime given as text counts, and one that is none is unknown", () => {
  const seconds = (expires_in: unknown) => {
    const answer = read({ access_token: "a", expires_in });
    return answer.kind === "tokens" ? answer.tokens.expiresInSeconds : answer.kind;
  };
  equal(seconds("3600"), 3600);
  equal(seconds(" 3600 "), 3600);
  for (const none of ["", "soon", "1h", -1, 0, {}, [], true, 1e300]) {
    equal(seconds(none), undefined);
  }
});

Deno.test("an error counts as one whatever the status", () => {
  const body = { error: "invalid_grant", error_description: "Code is used" };
  for (const status of [200, 400, 401, 403]) {
    equal(read({ ...body, access_token: "a" }, status), {
      kind: "error",
      code: "invalid_grant",
      description: "Code is used",
    });
  }
  equal(read({ error: { message: "no" } }, 400), {
    kind: "error",
    code: "unknown",
    description: "",
  });
});

Deno.test("a provider that is down or overloaded is told apart from one that says no", () => {
  equal(read("<html>", 502), { kind: "unavailable", detail: "Status 502" });
  equal(read({ error: "invalid_grant" }, 503).kind, "unavailable");
  equal(read({ error: "temporarily_unavailable" }, 400).kind, "unavailable");
  equal(read("", 429, { "retry-after": "30" }), { kind: "rate_limited", retryAfterSeconds: 30 });
  equal(read("", 429, { "retry-after": "soon" }).kind, "rate_limited");
});

Deno.test("what no token endpoint sends is unusable", () => {
  for (const body of ["<html>", "", "[]", "null", '"a"', "{}", "{"]) {
    equal(read(body).kind, "unusable");
  }
  for (const access_token of ["", 1, null, "a\nb", "é", "a".repeat(32_769)]) {
    equal(read({ access_token }).kind, "unusable");
  }
  equal(read({ access_token: "a", token_type: "mac" }).kind, "unusable");
  equal(read({ access_token: "a" }, 404).kind, "unusable");
});

Deno.test("any bytes are read without an exception", () => {
  const headers = {};
  fc.assert(fc.property(fc.uint8Array(), fc.integer({ min: 200, max: 599 }), (body, status) => {
    readTokenAnswer({ status, headers, body });
  }));
  fc.assert(fc.property(fc.json(), (text) => {
    readTokenAnswer({ status: 200, headers, body: new TextEncoder().encode(text) });
  }));
});
