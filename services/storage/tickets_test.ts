import assert from "node:assert/strict";
import { ConnectionId, PluginId, type TicketClaims, UserId } from "@codex/protocol";
import { ManualClock } from "@codex/service/testing";
import { rememberTickets, type VerifyTicket } from "./tickets.ts";

function claimsUntil(exp: number): TicketClaims {
  return {
    connectionId: ConnectionId.parse(crypto.randomUUID()),
    pluginId: PluginId.parse(crypto.randomUUID()),
    userId: UserId.parse(crypto.randomUUID()),
    revision: 0,
    iat: exp - 300,
    exp,
  };
}

/** Says what a real verifier would, and counts how often it is asked. */
function countingVerifier(claims: TicketClaims, now: () => number) {
  const asked: string[] = [];
  const verify: VerifyTicket = (ticket) => {
    asked.push(ticket);
    if (ticket !== "good") return Promise.resolve({ ok: false, reason: "invalid" });
    if (claims.exp * 1000 <= now()) return Promise.resolve({ ok: false, reason: "expired" });
    return Promise.resolve({ ok: true, claims });
  };
  return { asked, verify: rememberTickets(verify, now) };
}

Deno.test("a valid ticket is checked once, until the moment it expires", async () => {
  const clock = new ManualClock();
  const claims = claimsUntil(clock.now() / 1000 + 300);
  const { asked, verify } = countingVerifier(claims, clock.now);
  for (let i = 0; i < 3; i++) assert.deepEqual(await verify("good"), { ok: true, claims });
  assert.equal(asked.length, 1);

  clock.advance(299_999);
  assert.equal((await verify("good")).ok, true);
  clock.advance(1);
  assert.deepEqual(await verify("good"), { ok: false, reason: "expired" });
  assert.equal(asked.length, 2);
});

Deno.test("a refused ticket is not remembered", async () => {
  const clock = new ManualClock();
  const { asked, verify } = countingVerifier(claimsUntil(clock.now() / 1000 + 300), clock.now);
  for (let i = 0; i < 2; i++) {
    assert.deepEqual(await verify("forged"), { ok: false, reason: "invalid" });
  }
  assert.equal(asked.length, 2);
});
