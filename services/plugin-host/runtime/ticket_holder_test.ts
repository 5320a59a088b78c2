import assert from "node:assert/strict";
import type { AuthService } from "@codex/protocol";
import { ManualClock } from "@codex/service/testing";
import { TicketHolder } from "./ticket_holder.ts";

function holderFor(clock: ManualClock, livesMs: number) {
  const renewed: string[] = [];
  const renew = ((_context, old) => {
    renewed.push(old);
    const expiresAt = new Date(clock.now() + 300_000).toISOString();
    return Promise.resolve({ ticket: `after ${old}`, expiresAt });
  }) as AuthService["renewTicket"];
  return { renewed, holder: new TicketHolder("first", clock.now() + livesMs, renew, clock.now) };
}

Deno.test("a ticket is used until shortly before its end, then renewed once for all callers", async () => {
  const clock = new ManualClock();
  const { holder, renewed } = holderFor(clock, 300_000);
  assert.equal(await holder.current(), "first");
  clock.advance(275_000);
  const tickets = await Promise.all([holder.current(), holder.current(), holder.current()]);
  assert.deepEqual(tickets, ["after first", "after first", "after first"]);
  assert.deepEqual(renewed, ["first"]);
  assert.equal(await holder.current(), "after first");
});

Deno.test("a caller's fresher ticket is taken over, an older one is not", async () => {
  const clock = new ManualClock();
  const { holder, renewed } = holderFor(clock, 60_000);
  holder.offer("older", clock.now() + 10_000);
  assert.equal(await holder.current(), "first");
  holder.offer("fresher", clock.now() + 300_000);
  clock.advance(200_000);
  assert.equal(await holder.current(), "fresher");
  assert.deepEqual(renewed, []);
});

Deno.test("a failed renewal is told and tried again the next time", async () => {
  const clock = new ManualClock();
  let attempts = 0;
  const renew =
    (() => Promise.reject(new Error(`attempt ${++attempts}`))) as AuthService["renewTicket"];
  const holder = new TicketHolder("first", clock.now(), renew, clock.now);
  await assert.rejects(holder.current(), /attempt 1/);
  await assert.rejects(holder.current(), /attempt 2/);
});
