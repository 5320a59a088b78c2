import { deepEqual as equal, match } from "node:assert/strict";
import { TicketAnswer } from "@codex/protocol";
import { json } from "./testing/fixture.ts";
import { refusal, tokens } from "./testing/provider.ts";
import {
  askTicket,
  HOUR_MS,
  refreshesOf,
  replicaOf,
  revisionOf,
  ticketOf,
  tokenFor,
  withToken,
} from "./testing/renewals.ts";
import { signIn } from "./testing/sign_in.ts";

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
