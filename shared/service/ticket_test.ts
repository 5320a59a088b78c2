import assert from "node:assert/strict";
import { ConnectionId, PluginId, UserId } from "@codex/protocol";
import { createTestIdentities, ManualClock } from "./testing.ts";
import { createTicketSigner, createTicketVerifier } from "./ticket.ts";

const clock = new ManualClock(Date.now());
const identities = await createTestIdentities(clock.now);
const authKey = identities.publicKeys.auth;
assert.ok(authKey);
const claims = {
  connectionId: ConnectionId.parse(crypto.randomUUID()),
  pluginId: PluginId.parse(crypto.randomUUID()),
  userId: UserId.parse(crypto.randomUUID()),
};

Deno.test("a ticket names its connection until it expires", async () => {
  const sign = await createTicketSigner(identities.privateKeys.auth, clock.now);
  const verify = await createTicketVerifier(authKey, clock.now);
  const { ticket } = await sign(claims);
  const result = await verify(ticket);
  assert.ok(result.ok);
  assert.equal(result.claims.connectionId, claims.connectionId);
  clock.advance(301_000);
  assert.deepEqual(await verify(ticket), { ok: false, reason: "expired" });
});

Deno.test("a ticket signed by another service is refused", async () => {
  const sign = await createTicketSigner(identities.privateKeys["plugin-host"], clock.now);
  const verify = await createTicketVerifier(authKey, clock.now);
  assert.deepEqual(await verify((await sign(claims)).ticket), { ok: false, reason: "invalid" });
});

Deno.test("auth's identity token is no ticket, and a ticket no identity token", async () => {
  const verify = await createTicketVerifier(authKey, clock.now);
  const identityToken = await (await identities.of("auth")).tokenFor("storage");
  assert.deepEqual(await verify(identityToken), { ok: false, reason: "invalid" });
  const sign = await createTicketSigner(identities.privateKeys.auth, clock.now);
  const { ticket } = await sign(claims);
  assert.ok(!(await (await identities.of("storage")).verify(ticket)).ok);
});
