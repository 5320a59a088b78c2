import { deepEqual as equal, ok } from "node:assert/strict";
import { createTicketSigner } from "@codex/service";
import { ConnectionSecrets, type PluginId, type Subject, TicketAnswer } from "@codex/protocol";
import { upsertSecret } from "../db/vault_queries.ts";
import { createFixture, type Fixture, json, problemCode } from "../testing/fixture.ts";
import { TICKET_GRACE_SECONDS } from "../tickets.ts";

const LIFETIME_MS = 300_000;

async function connect(auth: Fixture, subject: Subject, pluginId: PluginId): Promise<string> {
  await json(await auth.call("POST", `/internal/connections/${pluginId}/enable`, { subject }));
  const reply = await auth.call("POST", `/internal/connections/${pluginId}/ticket`, { subject });
  return TicketAnswer.parse(await json(reply)).ticket;
}

const renew = (auth: Fixture, ticket: string) =>
  auth.call("POST", "/internal/tickets/renew", { from: "plugin-host", body: { ticket } });
const release = (auth: Fixture, ticket: string) =>
  auth.call("POST", "/vault/connections/release", { from: "plugin-host", body: { ticket } });

async function renewed(auth: Fixture, ticket: string): Promise<string> {
  return TicketAnswer.parse(await json(await renew(auth, ticket))).ticket;
}

/** Puts a credential into the vault as a later login will. */
async function addCredential(auth: Fixture, connectionId: string, name: string, text: string) {
  const keyring = auth.deps.keyring!;
  const purpose = "connection_credential" as const;
  const context = { purpose: `${purpose}:${name}`, ownerId: connectionId };
  await upsertSecret(auth.deps.db, { purpose, ownerId: connectionId }, {
    name,
    value: keyring.encryptText(text, context),
    keyId: keyring.keyId,
    updatedAt: new Date(auth.clock.now()),
  });
}

Deno.test("a live process renews its ticket again and again", async () => {
  await using auth = await createFixture();
  let ticket = await connect(auth, await auth.addUser("ada"), auth.addPlugin());
  for (let round = 0; round < 5; round++) {
    auth.clock.advance(LIFETIME_MS - 1000);
    ticket = await renewed(auth, ticket);
  }
  equal((await auth.deps.tickets.verify(ticket)).ok, true);
});

Deno.test("a ticket that expired is renewed for a moment, but opens nothing", async () => {
  await using auth = await createFixture();
  const ticket = await connect(auth, await auth.addUser("ada"), auth.addPlugin());
  auth.clock.advance(LIFETIME_MS + 1000);
  equal(await problemCode(await release(auth, ticket), 401), "unauthenticated");
  await renewed(auth, ticket);
  auth.clock.advance(TICKET_GRACE_SECONDS * 1000);
  equal(await problemCode(await renew(auth, ticket), 401), "unauthenticated");
});

Deno.test("a ticket ends with its connection, also when the user connects again", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  const ticket = await connect(auth, subject, pluginId);
  await json(await auth.call("DELETE", `/internal/connections/${pluginId}`, { subject }));
  await connect(auth, subject, pluginId);
  equal(await problemCode(await renew(auth, ticket), 401), "unauthenticated");
  equal(await problemCode(await release(auth, ticket), 401), "unauthenticated");
});

Deno.test("a ticket of a disabled or broken connection is neither renewed nor served", async () => {
  await using auth = await createFixture();
  const ticket = await connect(auth, await auth.addUser("ada"), auth.addPlugin());
  await auth.sql`update connections set enabled = false`;
  equal((await renew(auth, ticket)).status, 401);
  equal((await release(auth, ticket)).status, 401);
  await auth.sql`update connections set enabled = true, status = 'needs_reconnection'`;
  equal((await renew(auth, ticket)).status, 401);
  equal((await release(auth, ticket)).status, 401);
});

Deno.test("a ticket releases the secrets of its own connection alone", async () => {
  await using auth = await createFixture();
  const pluginId = auth.addPlugin();
  const tickets: string[] = [];
  for (const name of ["ada", "bob"]) {
    const ticket = await connect(auth, await auth.addUser(name), pluginId);
    const verified = await auth.deps.tickets.verify(ticket);
    ok(verified.ok);
    await addCredential(auth, verified.claims.connectionId, "access_token", `token of ${name}`);
    tickets.push(ticket);
  }
  const released = await Promise.all(tickets.map(async (ticket) => {
    const reply = await release(auth, ticket);
    equal(reply.headers.get("cache-control"), "no-store");
    return ConnectionSecrets.parse(await json(reply)).credentials;
  }));
  equal(released, [{ access_token: "token of ada" }, { access_token: "token of bob" }]);
});

Deno.test("a ticket that another service signed is worth nothing", async () => {
  await using auth = await createFixture();
  const ticket = await connect(auth, await auth.addUser("ada"), auth.addPlugin());
  const verified = await auth.deps.tickets.verify(ticket);
  ok(verified.ok);
  const { "plugin-host": stolen } = auth.identities.privateKeys;
  const forged = await (await createTicketSigner(stolen, auth.clock.now))(verified.claims);
  for (const bad of [forged.ticket, `${ticket.slice(0, -4)}AAAA`, "x", "a.b.c"]) {
    equal(await problemCode(await release(auth, bad), 401), "unauthenticated");
    equal(await problemCode(await renew(auth, bad), 401), "unauthenticated");
  }
});

Deno.test("an identity token is no ticket", async () => {
  await using auth = await createFixture();
  const { authorization } = await auth.identities.headers("auth", "auth") as {
    authorization: string;
  };
  equal((await release(auth, authorization.slice("Bearer ".length))).status, 401);
});
