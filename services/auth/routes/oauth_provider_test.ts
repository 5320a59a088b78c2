/** Token endpoints as they come: slow of wit, out of order, hostile. */
import { deepEqual as equal, ok } from "node:assert/strict";
import { createFixture } from "../testing/fixture.ts";
import { refusal, startProvider, tokens } from "../testing/provider.ts";
import { prepare, reasonOf, signIn, withProvider } from "../testing/sign_in.ts";

Deno.test("a secret that the body may not carry goes by Basic, at once the next time", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const basic = `Basic ${btoa("codex-client:the-secret")}`;
    provider.answer = ({ authorization }) =>
      authorization === basic ? tokens(1) : refusal("invalid_client", 401);
    equal((await signIn(auth, ada, pluginId)).kind, "connected");
    equal(provider.requests.map((it) => it.authorization), [null, basic]);
    ok(!("client_secret" in provider.requests[1]!.form));
    equal((await signIn(auth, ada, pluginId)).kind, "connected");
    equal(provider.requests.map((it) => it.authorization), [null, basic, basic]);
  }));

const HOSTILE: [name: string, answer: () => Response | Promise<Response>, reason: string][] = [
  [
    "HTML",
    () => new Response("<html>", { headers: { "content-type": "text/html" } }),
    "bad_answer",
  ],
  ["10 MB", () => new Response(new Uint8Array(10_485_760)), "bad_answer"],
  ["a redirect", () => Response.redirect("https://other.example/token", 307), "bad_answer"],
  ["200 with an error", () => refusal("invalid_grant", 200), "code_refused"],
  ["no token", () => Response.json({ token_type: "Bearer" }), "bad_answer"],
  ["a token of another type", () => tokens(1, { token_type: "DPoP" }), "bad_answer"],
  ["a refused client", () => refusal("invalid_client", 401), "client_refused"],
  [
    "a wrong redirect",
    () => refusal("invalid_grant", 400, "Bad redirect_uri"),
    "redirect_mismatch",
  ],
  ["too many", () => new Response("", { status: 429 }), "too_many_attempts"],
  ["an outage", () => new Response("<html>", { status: 503 }), "unreachable"],
];

for (const [name, answer, reason] of HOSTILE) {
  Deno.test(`a token endpoint that answers ${name} connects nothing`, () =>
    withProvider(async ({ auth, provider, pluginId, ada }) => {
      provider.answer = answer;
      equal(reasonOf(await signIn(auth, ada, pluginId)), reason);
      equal((await auth.sql`select 1 from connections`).length, 0);
      equal(
        (await auth.sql`select 1 from secrets where purpose <> 'oauth_client_secret'`).length,
        0,
      );
    }));
}

Deno.test("a lifetime that is text counts, and one that is missing means no end", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    const expiry = async (expires_in: unknown) => {
      provider.answer = () => tokens(1, { expires_in });
      equal((await signIn(auth, ada, pluginId)).kind, "connected");
      const [row] = await auth.sql`select expires_at from oauth_grants`;
      return row?.["expires_at"] && Date.parse(row["expires_at"]) - auth.clock.now();
    };
    equal(await expiry("600"), 600_000);
    equal(await expiry(undefined), null);
  }));

Deno.test("addresses that this server doesn't go to are told as such", async () => {
  await using auth = await createFixture({
    guardedFetch: () => Promise.resolve({ kind: "refused", reason: "address", detail: "Private" }),
  });
  await using provider = startProvider();
  const { pluginId, ada } = await prepare(auth, provider);
  equal(reasonOf(await signIn(auth, ada, pluginId)), "address_refused");
});

Deno.test("a token endpoint that hangs is given up after 10 seconds", async () => {
  await using provider = startProvider();
  const limits: [number, number][] = [];
  await using auth = await createFixture({
    guardedFetch: (url, request) => {
      limits.push([request.timeoutMs, request.bytesMax]);
      return provider.guardedFetch(url, { ...request, timeoutMs: 50 });
    },
  });
  const { pluginId, ada } = await prepare(auth, provider);
  const hanging = Promise.withResolvers<Response>();
  provider.answer = () => hanging.promise;
  equal(reasonOf(await signIn(auth, ada, pluginId)), "unreachable");
  equal(limits, [[10_000, 65_536]]);
  hanging.resolve(new Response());
});
