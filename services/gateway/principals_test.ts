import { deepEqual as equal, rejects } from "node:assert/strict";
import { ManualClock } from "@codex/service/testing";
import { ProblemError } from "@codex/service";
import { createPrincipals, REMEMBERED_MS } from "./principals.ts";
import { FakeAuth } from "./testing/fakes.ts";

function setUp() {
  const fake = new FakeAuth();
  const clock = new ManualClock();
  const principals = createPrincipals({ auth: fake.auth, now: clock.now });
  const resolve = (token: string) => principals.resolve("request-1", token);
  return { fake, clock, principals, resolve };
}

Deno.test("a principal is asked for once and remembered for 3 seconds", async () => {
  const { fake, clock, resolve } = setUp();
  const token = fake.signIn("reader");
  const principal = fake.tokens.get(token);
  equal(await resolve(token), principal);
  clock.advance(REMEMBERED_MS - 1);
  equal(await resolve(token), principal);
  equal(fake.resolveCalls, 1);
  clock.advance(1);
  await resolve(token);
  equal(fake.resolveCalls, 2);
});

Deno.test("the time counts from the question, not from a late answer", async () => {
  const { fake, clock, resolve } = setUp();
  const token = fake.signIn("reader");
  const { promise, resolve: open } = Promise.withResolvers<void>();
  fake.gate = promise;
  const asked = resolve(token);
  clock.advance(REMEMBERED_MS);
  open();
  await asked;
  await resolve(token);
  equal(fake.resolveCalls, 2);
});

Deno.test("requests at the same time share one question", async () => {
  const { fake, resolve } = setUp();
  const token = fake.signIn("reader");
  await Promise.all([resolve(token), resolve(token), resolve(token)]);
  equal(fake.resolveCalls, 1);
});

Deno.test("a bad token is remembered as briefly", async () => {
  const { fake, clock, resolve } = setUp();
  equal(await resolve("cxs_bad"), null);
  equal(await resolve("cxs_bad"), null);
  equal(fake.resolveCalls, 1);
  clock.advance(REMEMBERED_MS);
  equal(await resolve("cxs_bad"), null);
  equal(fake.resolveCalls, 2);
});

Deno.test("a flood of bad tokens does not push out a good one", async () => {
  const { fake, resolve } = setUp();
  const token = fake.signIn("reader");
  await resolve(token);
  for (let i = 0; i < 12_000; i++) await resolve(`cxs_${i}`);
  const before = fake.resolveCalls;
  await resolve(token);
  equal(fake.resolveCalls, before);
});

Deno.test("an answer that was under way when its token was forgotten is not remembered", async () => {
  const { fake, principals, resolve } = setUp();
  const token = fake.signIn("reader");
  const { promise, resolve: open } = Promise.withResolvers<void>();
  fake.gate = promise;
  const stale = resolve(token);
  principals.forget(token);
  fake.tokens.delete(token);
  const now = resolve(token);
  open();
  equal((await stale)?.kind, "session");
  equal(await now, null);
  equal(await resolve(token), null);
});

Deno.test("a failure of auth is told to everybody who waits, and remembered for nobody", async () => {
  const { fake, resolve } = setUp();
  const token = fake.signIn("reader");
  fake.failure = new ProblemError("service_unavailable", "Down");
  const both = await Promise.allSettled([resolve(token), resolve(token)]);
  equal(both.map(({ status }) => status), ["rejected", "rejected"]);
  await rejects(resolve(token), { code: "service_unavailable" });
  fake.failure = undefined;
  equal((await resolve(token))?.kind, "session");
});
