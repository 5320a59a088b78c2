import assert from "node:assert/strict";
import { importJWK, SignJWT } from "jose";
import { createTestIdentities, ManualClock, testSubject } from "./testing.ts";

const clock = new ManualClock(Date.now());
const identities = await createTestIdentities(clock.now);

Deno.test("a token tells the callee who calls and for whom", async () => {
  const subject = testSubject("maintainer");
  const token = await (await identities.of("gateway")).tokenFor("library", subject);
  const result = await (await identities.of("library")).verify(token);
  assert.deepEqual(result, { ok: true, caller: { service: "gateway", subject } });
});

Deno.test("a token is reused until shortly before it expires, then made anew", async () => {
  const gateway = await identities.of("gateway");
  const first = await gateway.tokenFor("auth");
  assert.equal(await gateway.tokenFor("auth"), first);
  clock.advance(46_000);
  assert.notEqual(await gateway.tokenFor("auth"), first);
});

Deno.test("a token for another service is refused", async () => {
  const token = await (await identities.of("gateway")).tokenFor("library");
  const result = await (await identities.of("storage")).verify(token);
  assert.ok(!result.ok);
});

Deno.test("an expired token is refused, also one that was checked before", async () => {
  const token = await (await identities.of("gateway")).tokenFor("sync");
  const sync = await identities.of("sync");
  assert.ok((await sync.verify(token)).ok);
  clock.advance(66_000);
  assert.ok(!(await sync.verify(token)).ok);
  assert.ok(!(await (await identities.of("sync")).verify(token)).ok);
});

Deno.test("plugin-host and storage may not assert users", async () => {
  for (const service of ["plugin-host", "storage", "auth"] as const) {
    const token = await (await identities.of(service)).tokenFor("library", testSubject("admin"));
    const result = await (await identities.of("library")).verify(token);
    assert.deepEqual(result, { ok: false, reason: `Service "${service}" may not assert users` });
  }
});

Deno.test("a token signed by one service in another's name is refused", async () => {
  const key = await importJWK(identities.privateKeys["plugin-host"], "EdDSA");
  const forged = await new SignJWT({ role: "admin", scopes: [], fresh: true })
    .setProtectedHeader({ alg: "EdDSA" })
    .setIssuer("gateway").setAudience("library").setSubject(crypto.randomUUID())
    .setIssuedAt(Math.floor(clock.now() / 1000))
    .setExpirationTime(Math.floor(clock.now() / 1000) + 60)
    .sign(key);
  assert.ok(!(await (await identities.of("library")).verify(forged)).ok);
});

Deno.test("a token that lives longer than 60 s is refused", async () => {
  const key = await importJWK(identities.privateKeys.gateway, "EdDSA");
  const long = await new SignJWT({})
    .setProtectedHeader({ alg: "EdDSA" })
    .setIssuer("gateway").setAudience("library")
    .setIssuedAt(Math.floor(clock.now() / 1000))
    .setExpirationTime(Math.floor(clock.now() / 1000) + 3600)
    .sign(key);
  assert.ok(!(await (await identities.of("library")).verify(long)).ok);
});

Deno.test("rubbish is refused and never throws", async () => {
  const library = await identities.of("library");
  for (const token of ["", ".", "a.b.c", "e30.e30.", `${"x".repeat(10_000)}`]) {
    assert.ok(!(await library.verify(token)).ok);
  }
});
