/** What a provider repeats of what it was sent, in any part of its answer: it goes into the log. */
import { deepEqual as equal, doesNotMatch, match } from "node:assert/strict";
import type { GuardedAnswer } from "@codex/service/guarded-fetch";
import { requestTokens } from "./token_endpoint.ts";

const REFRESH = "refresh/token+of=ada";
const SECRET = "the client's secret";
const BASIC = new TextEncoder()
  .encode("codex-client:" + new URLSearchParams([["", SECRET]]).toString().slice(1)).toBase64();

/** All that is known of an attempt whose answer is this. */
async function outcomeOf(answer: GuardedAnswer): Promise<string> {
  const client = { clientId: "codex-client", clientSecret: SECRET, secretBy: "basic" } as const;
  const grant = { type: "refresh_token", refreshToken: REFRESH } as const;
  const fetch = () => Promise.resolve(answer);
  return JSON.stringify(await requestTokens(fetch, "https://p.example/token", client, grant));
}

const answered = (body: object, status = 400): GuardedAnswer => ({
  kind: "answered",
  status,
  mediaType: "application/json",
  headers: {},
  body: new TextEncoder().encode(JSON.stringify(body)),
});

Deno.test("no part of a provider's answer that is told holds what it was sent", async () => {
  const form = new URLSearchParams({ refresh_token: REFRESH, client_secret: SECRET }).toString();
  const echoes = [REFRESH, SECRET, BASIC, form, `${"x".repeat(490)}${REFRESH}`];
  for (const echo of echoes) {
    const answers = [
      answered({ error: echo }),
      answered({ error: "invalid_grant", error_description: echo }),
      answered({ error: "odd", message: echo }),
      answered({ access_token: "a", token_type: echo }, 200),
    ];
    for (const answer of answers) {
      const told = await outcomeOf(answer);
      match(told, /"kind":"(error|unusable)"/);
      doesNotMatch(told, /refresh(\/|%2F)|client('|%27)s|Y29kZXgt/);
    }
  }
});

Deno.test("tokens in an answer that is refused, and in the host it leads to, are hidden", async () => {
  const access = "access-token-of-ada";
  const description = `Made ${access}, too soon`;
  const told = await outcomeOf(
    answered({ error: "slow", error_description: description, access_token: access }),
  );
  equal(told, '{"kind":"error","code":"slow","description":"Made […], too soon"}');
  const detail = `"p.example" redirects to "${BASIC.toLowerCase()}.example"`;
  const redirected = await outcomeOf({ kind: "refused", reason: "redirect", detail });
  match(redirected, /redirects to .{2}\[…\]\.example/);
});

Deno.test("a secret that is a part of an error's code doesn't change what the code means", async () => {
  const client = { clientId: "codex-client", clientSecret: "grant", secretBy: "body" } as const;
  const outcome = await requestTokens(
    () => Promise.resolve(answered({ error: "invalid_grant" })),
    "https://p.example/token",
    client,
    { type: "refresh_token", refreshToken: "invalid" },
  );
  equal(outcome, { kind: "error", code: "invalid_grant", description: "" });
});
