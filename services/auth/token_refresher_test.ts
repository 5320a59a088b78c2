import { deepEqual as equal, match, ok } from "node:assert/strict";
import { ConnectionSecrets, TicketAnswer } from "@codex/protocol";
import { connectDatabase } from "@codex/service/database";
import { createApp } from "./app.ts";
import { schema } from "./db/database.ts";
import { type Fixture, json, problemCode, testKeyring } from "./testing/fixture.ts";
import { type Provider, refusal, tokens } from "./testing/provider.ts";
import { signIn, type SignInParts, withProvider } from "./testing/sign_in.ts";
import { createTokenRefresher } from "./token_refresher.ts";

const HOUR_MS = 3_600_000;

const askTicket = ({ auth, pluginId, ada }: SignInParts, app = auth.app) =>
  requestTicket(auth, app, pluginId, ada);

async function requestTicket(
  auth: Fixture,
  app: Fixture["app"],
  pluginId: string,
  subject: SignInParts["ada"],
): Promise<Response> {
  const headers = await auth.identities.headers("sync", "auth", subject);
  return await app.request(`/internal/connections/${pluginId}/ticket`, { method: "POST", headers });
}

async function ticketOf(parts: SignInParts, app?: Fixture["app"]): Promise<string> {
  return TicketAnswer.parse(await json(await askTicket(parts, app))).ticket;
}

/** The access token that a process with this ticket would be started with. */
async function tokenFor({ auth }: SignInParts, ticket: string): Promise<string | undefined> {
  const reply = await auth.call("POST", "/vault/connections/release", {
    from: "plugin-host",
    body: { ticket },
  });
  const { credentials } = ConnectionSecrets.parse(await json(reply));
  equal(Object.keys(credentials), ["access_token"]);
  return credentials["access_token"];
}

async function revisionOf({ auth }: SignInParts, ticket: string): Promise<number> {
  const verified = await auth.deps.tickets.verify(ticket);
  ok(verified.ok);
  return verified.claims.revision;
}

const refreshesOf = (provider: Provider) =>
  provider.requests.filter(({ form }) => form["grant_type"] === "refresh_token");

/** Another replica: its own app, database connections and refresher, the same database. */
function replicaOf({ auth, provider }: SignInParts) {
  const { db, close } = connectDatabase(auth.database.urls.codex_auth, schema);
  const deps = { ...auth.deps, db };
  const app = createApp({ ...deps, tokens: createTokenRefresher(deps) });
  return { app, provider, [Symbol.asyncDispose]: close };
}

/** A user who has just signed in, with a token of an hour. */
const withToken = (test: (parts: SignInParts) => Promise<void>) =>
  withProvider(async (parts) => {
    equal((await signIn(parts.auth, parts.ada, parts.pluginId)).kind, "connected");
    await test(parts);
  });

Deno.test("a token is renewed before it ends, and the next process starts with the new one", () =>
  withToken(async (parts) => {
    const { auth, provider } = parts;
    const first = await ticketOf(parts);
    equal(await tokenFor(parts, first), "access-1");
    const firstRevision = await revisionOf(parts, first);
    auth.clock.advance(HOUR_MS - 361_000);
    await ticketOf(parts);
    equal(refreshesOf(provider).length, 0);

    auth.clock.advance(1000);
    const renewed = await ticketOf(parts);
    equal(refreshesOf(provider).map(({ form }) => form), [{
      grant_type: "refresh_token",
      refresh_token: "refresh-1",
      client_id: "codex-client",
      client_secret: "the-secret",
    }]);
    equal(await tokenFor(parts, renewed), "access-2");
    equal(await revisionOf(parts, renewed), firstRevision + 1);
    auth.clock.advance(HOUR_MS);
    await ticketOf(parts);
    equal(refreshesOf(provider)[1]?.form["refresh_token"], "refresh-2");
  }));

Deno.test("renewing a ticket and releasing secrets renew the token too", () =>
  withToken(async (parts) => {
    const { auth, provider } = parts;
    const ticket = await ticketOf(parts);
    await auth.sql`update oauth_grants set refresh_at = ${
      new Date(auth.clock.now()).toISOString()
    }`;
    equal(await tokenFor(parts, ticket), "access-2");
    await auth.sql`update oauth_grants set refresh_at = ${
      new Date(auth.clock.now()).toISOString()
    }`;
    const body = { ticket };
    const renewal = await auth.call("POST", "/internal/tickets/renew", {
      from: "plugin-host",
      body,
    });
    equal(await tokenFor(parts, TicketAnswer.parse(await json(renewal)).ticket), "access-3");
    equal(refreshesOf(provider).length, 2);
  }));

Deno.test("an answer without a new refresh token keeps the old one", () =>
  withToken(async (parts) => {
    const { auth, provider } = parts;
    provider.answer = () => tokens(provider.requests.length, { refresh_token: undefined });
    for (let n = 0; n < 3; n++) {
      auth.clock.advance(HOUR_MS);
      await ticketOf(parts);
    }
    equal(refreshesOf(provider).map(({ form }) => form["refresh_token"]), [
      "refresh-1",
      "refresh-1",
      "refresh-1",
    ]);
  }));

Deno.test("50 uses of an expired token at once, over two replicas, make one request", () =>
  withToken(async (parts) => {
    const { auth, provider } = parts;
    await using other = replicaOf(parts);
    auth.clock.advance(HOUR_MS);
    const gate = Promise.withResolvers<void>();
    provider.answer = async () => {
      await gate.promise;
      return tokens(2);
    };
    const asked = Array.from(
      { length: 50 },
      (_, n) => ticketOf(parts, n % 2 === 0 ? auth.app : other.app),
    );
    while (refreshesOf(provider).length === 0) await new Promise((done) => setTimeout(done, 5));
    gate.resolve();
    const tickets = await Promise.all(asked);
    equal(refreshesOf(provider).length, 1);
    const used = await Promise.all(tickets.map((ticket) => tokenFor(parts, ticket)));
    equal(new Set(used), new Set(["access-2"]));
  }));

Deno.test("while a token still lasts nobody waits for its renewal elsewhere", () =>
  withToken(async (parts) => {
    const { auth, provider } = parts;
    await using other = replicaOf(parts);
    auth.clock.advance(HOUR_MS - 60_000);
    const gate = Promise.withResolvers<Response>();
    provider.answer = () => gate.promise;
    const renewing = ticketOf(parts);
    while (refreshesOf(provider).length === 0) await new Promise((done) => setTimeout(done, 5));
    equal(await revisionOf(parts, await ticketOf(parts, other.app)), 1);
    gate.resolve(tokens(2));
    equal(await revisionOf(parts, await renewing), 2);
  }));

Deno.test("a revoked sign-in needs the user again and keeps configuration", () =>
  withToken(async (parts) => {
    const { auth, provider, pluginId, ada } = parts;
    const body = { config: { unit: "volumes" } };
    await json(
      await auth.call("PUT", `/internal/connections/${pluginId}/config`, { subject: ada, body }),
    );
    provider.answer = () => refusal("invalid_grant");
    auth.clock.advance(HOUR_MS);
    const problem = await json(await askTicket(parts), 409);
    match(String(problem["detail"]), /needs reconnection: The service has ended the sign-in/);
    await askTicket(parts);
    equal(refreshesOf(provider).length, 1);
    const [row] = await auth.sql`select status, config from connections`;
    equal([row?.["status"], row?.["config"]], ["needs_reconnection", { unit: "volumes" }]);
    equal((await auth.sql`select 1 from secrets where connection_id is not null`).length, 0);

    provider.answer = () => tokens(9);
    equal((await signIn(auth, ada, pluginId)).kind, "connected");
    equal(await tokenFor(parts, await ticketOf(parts)), "access-9");
  }));

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
