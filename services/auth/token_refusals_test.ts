/** Tokens that can't be renewed: for the moment, or for good. */
import { deepEqual as equal, match } from "node:assert/strict";
import { json, problemCode, testKeyring } from "./testing/fixture.ts";
import { refusal, tokens } from "./testing/provider.ts";
import {
  askTicket,
  HOUR_MS,
  refreshesOf,
  revisionOf,
  ticketOf,
  tokenFor,
  withToken,
} from "./testing/renewals.ts";
import { signIn, withProvider } from "./testing/sign_in.ts";
import { createTokenRefresher } from "./token_refresher.ts";
import { createApp } from "./app.ts";

const PASSING: [name: string, answer: () => Response, retryAfterSeconds: string][] = [
  ["an outage", () => new Response("<html>", { status: 502 }), "5"],
  [
    "429 with its own time",
    () => new Response("", { status: 429, headers: { "retry-after": "90" } }),
    "90",
  ],
  ["HTML", () => new Response("<html>"), "5"],
  ["a refused client", () => refusal("invalid_client", 401), "5"],
  ["an error with status 200", () => refusal("temporarily_unavailable", 200), "5"],
];

for (const [name, answer, retryAfter] of PASSING) {
  Deno.test(`${name} is tried again later and asks nobody to sign in`, () =>
    withToken(async (parts) => {
      const { auth, provider } = parts;
      provider.answer = answer;
      auth.clock.advance(HOUR_MS);
      const reply = await askTicket(parts);
      equal(reply.headers.get("retry-after"), retryAfter);
      equal(await problemCode(reply, 503), "service_unavailable");
      const asked = provider.requests.length;
      equal((await askTicket(parts)).status, 503);
      equal(provider.requests.length, asked, "Not before its time");
      const [row] = await auth.sql`select status from connections`;
      equal(row?.["status"], "connected");

      provider.answer = () => tokens(2);
      auth.clock.advance(Number(retryAfter) * 1000);
      equal(await tokenFor(parts, await ticketOf(parts)), "access-2");
    }));
}

Deno.test("a provider that can't be reached costs nothing while the token lasts", () =>
  withToken(async (parts) => {
    const { auth, provider } = parts;
    provider.answer = () => new Response("", { status: 500 });
    auth.clock.advance(HOUR_MS - 60_000);
    equal(await tokenFor(parts, await ticketOf(parts)), "access-1");
    equal(refreshesOf(provider).length, 1);
    auth.clock.advance(4999);
    await ticketOf(parts);
    equal(refreshesOf(provider).length, 1);
    auth.clock.advance(1);
    await ticketOf(parts);
    equal(refreshesOf(provider).length, 2);
  }));

Deno.test("a token of a year without refresh token ends in a request to connect again", () =>
  withProvider(async (parts) => {
    const { auth, provider, pluginId, ada } = parts;
    const year = 365 * 24 * 3600;
    provider.answer = () => tokens(1, { refresh_token: undefined, expires_in: year });
    await signIn(auth, ada, pluginId);
    auth.clock.advance(year * 1000 - 1);
    equal((await askTicket(parts)).status, 200);
    auth.clock.advance(1);
    const problem = await json(await askTicket(parts), 409);
    match(String(problem["detail"]), /needs reconnection: The sign-in has ended: connect again/);
    equal(provider.requests.length, 1);
  }));

Deno.test("a replica that died at it gives way after its lease", () =>
  withToken(async (parts) => {
    const { auth, provider } = parts;
    auth.clock.advance(HOUR_MS - 60_000);
    const leaseUntil = new Date(auth.clock.now() + 60_000).toISOString();
    await auth
      .sql`update oauth_grants set lease_id = gen_random_uuid(), lease_until = ${leaseUntil}`;
    equal(await revisionOf(parts, await ticketOf(parts)), 1);
    equal(refreshesOf(provider).length, 0);
    auth.clock.advance(60_000);
    equal(await revisionOf(parts, await ticketOf(parts)), 2);
    equal(refreshesOf(provider).length, 1);
  }));

Deno.test("tokens that arrive after a disconnect or a new sign-in are dropped", () =>
  withToken(async (parts) => {
    const { auth, provider, pluginId, ada } = parts;
    const meanwhile = async (act: () => Promise<unknown>) => {
      auth.clock.advance(HOUR_MS);
      const gate = Promise.withResolvers<Response>();
      provider.answer = ({ form }) =>
        form["grant_type"] === "refresh_token" ? gate.promise : tokens(50);
      const before = refreshesOf(provider).length;
      const asked = askTicket(parts);
      while (refreshesOf(provider).length === before) {
        await new Promise((done) => setTimeout(done, 5));
      }
      await act();
      gate.resolve(tokens(99));
      return await asked;
    };
    equal((await meanwhile(() => signIn(auth, ada, pluginId))).status, 200);
    equal(await tokenFor(parts, await ticketOf(parts)), "access-50");
    const disconnect = () =>
      auth.call("DELETE", `/internal/connections/${pluginId}`, { subject: ada });
    equal((await meanwhile(disconnect)).status, 404);
    equal((await auth.sql`select 1 from secrets where connection_id is not null`).length, 0);
  }));

Deno.test("without its key a token that lasts does, and one that has ended says why", () =>
  withToken(async (parts) => {
    const { auth, provider } = parts;
    const deps = { ...auth.deps, keyring: testKeyring(9) };
    const app = createApp({ ...deps, tokens: createTokenRefresher(deps) });
    auth.clock.advance(HOUR_MS - 60_000);
    equal((await askTicket(parts, app)).status, 200);
    auth.clock.advance(60_000);
    equal(await problemCode(await askTicket(parts, app), 503), "encryption_key_missing");
    equal(refreshesOf(provider).length, 0);
  }));

Deno.test("a token that the plugin's service refuses is renewed once, then needs the user", () =>
  withToken(async (parts) => {
    const { auth, provider } = parts;
    const report = async (ticket: string) =>
      json(
        await auth.call("POST", "/internal/tickets/auth-failure", {
          from: "plugin-host",
          body: { ticket, reason: "The service refused the token" },
        }),
      );
    auth.clock.advance(61_000);
    const stale = await ticketOf(parts);
    await report(stale);
    const renewed = await ticketOf(parts);
    equal(await tokenFor(parts, renewed), "access-2");
    await report(stale);
    equal((await askTicket(parts)).status, 200, "What an older token met is no news");
    await report(renewed);
    const problem = await json(await askTicket(parts), 409);
    match(String(problem["detail"]), /The service refused the token/);
    equal(refreshesOf(provider).length, 1);
  }));

Deno.test("a plugin that is off doesn't have its provider asked", () =>
  withToken(async (parts) => {
    const { auth, provider, pluginId } = parts;
    auth.addPlugin({ id: pluginId, usable: false }, { oauth: provider.oauth });
    auth.clock.advance(HOUR_MS - 60_000);
    equal((await askTicket(parts)).status, 200);
    equal(refreshesOf(provider).length, 0);
  }));
