/** How often passwords and setup codes can be guessed at, and whom that keeps out. */
import { deepEqual as equal, ok } from "node:assert/strict";
import {
  ADDRESS_SHARED_HEADER,
  CLIENT_ADDRESS_HEADER,
  DEVICE_TOKEN_HEADER,
  DEVICE_TOKENS_HEADER,
} from "@codex/protocol";
import { createTestIdentities } from "@codex/service/testing";
import { createDeviceTokens } from "../guesses/device_tokens.ts";
import { createFixture, type Fixture, json, PASSWORD, problemCode } from "../testing/fixture.ts";

interface From {
  readonly address?: string;
  readonly device?: string;
  /** Behind a proxy that nobody told the gateway of. */
  readonly isShared?: boolean;
}

function headersOf({ address = "192.0.2.1", device, isShared }: From): Record<string, string> {
  return {
    [CLIENT_ADDRESS_HEADER]: address,
    ...(device !== undefined && { [DEVICE_TOKENS_HEADER]: device }),
    ...(isShared && { [ADDRESS_SHARED_HEADER]: "1" }),
  };
}

async function login(auth: Fixture, username: string, password: string, from: From = {}) {
  return await auth.call("POST", "/api/v1/auth/login", {
    body: { username, password },
    headers: headersOf(from),
  });
}

const guess = async (auth: Fixture, username: string, from: From = {}) =>
  (await login(auth, username, "wrong", from)).status;

const signIn = async (auth: Fixture, username: string, from: From = {}) =>
  (await login(auth, username, PASSWORD, from)).status;

/** Guesses from `count` addresses, as often as each may. */
async function guessFromEverywhere(auth: Fixture, username: string, count = 5): Promise<void> {
  for (let n = 0; n < count; n++) {
    for (let attempt = 0; attempt < 10; attempt++) {
      equal(await guess(auth, username, { address: `198.51.100.${n}` }), 401);
    }
  }
}

/** The token that a browser has after a sign-in. */
async function knownDevice(auth: Fixture, username: string): Promise<string> {
  const reply = await login(auth, username, PASSWORD, { address: "203.0.113.200" });
  equal(reply.status, 200);
  return reply.headers.get(DEVICE_TOKEN_HEADER)!;
}

function countOf(statuses: readonly number[]): Record<number, number> {
  return Object.fromEntries(
    [...new Set(statuses)].sort().map((it) => [it, statuses.filter((one) => one === it).length]),
  );
}

Deno.test("after 10 failures an account is closed to the address for a while, with the right password too", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  await auth.addUser("bob");
  for (let attempt = 0; attempt < 10; attempt++) {
    equal(
      await problemCode(await login(auth, "ada", "wrong"), 401),
      "invalid_credentials",
    );
  }
  const reply = await login(auth, "ADA", PASSWORD);
  const retryAfter = Number(reply.headers.get("retry-after"));
  ok(retryAfter > 800 && retryAfter <= 900, `Retry-After ${retryAfter}`);
  equal(await problemCode(reply, 429), "rate_limited");
  equal(await signIn(auth, "bob"), 200);
  equal(await signIn(auth, "ada", { address: "192.0.2.2" }), 200, "from elsewhere");
  // The window ends: its counters are in the database, on the database's own clock.
  await auth.sql`update rate_limits set expire = expire - 900000`;
  equal(await signIn(auth, "ada"), 200);
});

Deno.test("an unknown name is throttled like a known one", async () => {
  await using auth = await createFixture();
  for (let attempt = 0; attempt < 10; attempt++) equal(await guess(auth, "nobody"), 401);
  equal(await guess(auth, "nobody"), 429);
  await guessFromEverywhere(auth, "no one");
  equal(await guess(auth, "no one"), 429);
});

Deno.test("of guesses at once from one address 10 are checked, from many addresses 50", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  await auth.addUser("bob");
  const near = Array.from({ length: 30 }, () => guess(auth, "bob"));
  equal(countOf(await Promise.all(near)), { 401: 10, 429: 20 });
  const far = Array.from({ length: 80 }, (_, n) => guess(auth, "ada", { address: `10.0.0.${n}` }));
  equal(countOf(await Promise.all(far)), { 401: 50, 429: 30 });
});

Deno.test("an address that tries many accounts is closed, other addresses are not", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  for (let attempt = 0; attempt < 50; attempt++) {
    equal(await guess(auth, `name${attempt}`, { address: "2001:db8:1:2::9" }), 401);
  }
  equal(await signIn(auth, "ada", { address: "2001:db8:1:2:ffff::1" }), 429);
  equal(await signIn(auth, "ada", { address: "2001:db8:1:3::1" }), 200);
});

Deno.test("signing in forgets the failures before it", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  for (let round = 0; round < 7; round++) {
    for (let attempt = 0; attempt < 7; attempt++) equal(await guess(auth, "ada"), 401);
    equal(await signIn(auth, "ada"), 200);
  }
});

Deno.test("one address alone closes an account to nobody else, however often it tries", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const statuses = [];
  for (let attempt = 0; attempt < 70; attempt++) statuses.push(await guess(auth, "ada"));
  equal(countOf(statuses), { 401: 10, 429: 60 });
  equal(await signIn(auth, "ada", { address: "192.0.2.2" }), 200);
});

Deno.test("guesses from many addresses keep strangers out, and no device that the account knows", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const device = await knownDevice(auth, "ada");
  await guessFromEverywhere(auth, "ada");
  equal(await signIn(auth, "ada", { address: "192.0.2.2" }), 429);
  const again = await login(auth, "ada", PASSWORD, { address: "192.0.2.2", device });
  equal(again.status, 200);
  ok(again.headers.get(DEVICE_TOKEN_HEADER));
  equal(await signIn(auth, "ada", { address: "198.51.100.0", device }), 200, "beside the guesser");
});

Deno.test("a known device has 10 failures of its own, whatever its address", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const device = await knownDevice(auth, "ada");
  const other = await knownDevice(auth, "ada");
  for (let n = 0; n < 10; n++) {
    equal(await guess(auth, "ada", { address: `192.0.2.${n}`, device }), 401);
  }
  equal(await signIn(auth, "ada", { address: "192.0.2.99", device }), 429);
  equal(await signIn(auth, "ada", { device: other }), 200);
  equal(await signIn(auth, "ada"), 200, "without a device");
});

Deno.test("a device counts as known by its own account alone, as long as the password stays", async () => {
  await using auth = await createFixture();
  const admin = await auth.admin();
  const ada = await auth.addUser("ada");
  await auth.addUser("bob");
  const [ofBob, ofAda] = [await knownDevice(auth, "bob"), await knownDevice(auth, "ada")];
  const [{ password_hash: passwordHash }] = await auth.sql`
    select password_hash from users where username = 'ada'` as [{ password_hash: string }];
  const strangers = await createTestIdentities(auth.clock.now);
  const forged = await (await createDeviceTokens(strangers.privateKeys.auth, auth.clock.now))
    .issue({ id: ada.userId, passwordHash });
  await guessFromEverywhere(auth, "ada");
  for (const device of [ofBob, forged, "x", "", `${ofAda}x`, ofAda.replace(/\.[^.]+$/, ".")]) {
    equal(await signIn(auth, "ada", { device }), 429);
  }
  equal(await signIn(auth, "ada", { device: `${ofBob} ${ofAda}` }), 200);

  const newPassword = "another long password";
  await json(
    await auth.call("PATCH", `/api/v1/users/${ada.userId}`, {
      subject: admin,
      body: { password: newPassword },
    }),
  );
  equal((await login(auth, "ada", newPassword, { device: ofAda })).status, 429);
});

Deno.test("a device is forgotten after 400 days without a sign-in", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const device = await knownDevice(auth, "ada");
  await guessFromEverywhere(auth, "ada");
  auth.clock.advance(399 * 24 * 3_600_000);
  equal(await signIn(auth, "ada", { device }), 200);
  auth.clock.advance(2 * 24 * 3_600_000);
  equal(await signIn(auth, "ada", { device }), 429);
});

Deno.test("behind a proxy that nobody named an address is held up past its limit, never closed", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const from = { address: "10.0.0.1", isShared: true };
  for (let attempt = 0; attempt < 50; attempt++) {
    equal(await guess(auth, `name${attempt}`, from), 401);
  }
  equal(auth.delays, []);
  for (let attempt = 50; attempt < 72; attempt++) {
    equal(await guess(auth, `name${attempt}`, from), 401);
  }
  equal(auth.delays.slice(0, 3), [250, 500, 750]);
  equal(auth.delays.slice(19), [5000, 5000, 5000]);
  equal(await signIn(auth, "ada", from), 200);
  equal((await auth.sql`select 1 from audit_log where action = 'session.refused'`).length, 50);
  // One account is closed to it as to any other address.
  for (let attempt = 0; attempt < 10; attempt++) equal(await guess(auth, "ada", from), 401);
  equal(await signIn(auth, "ada", from), 429);
});

Deno.test("behind a proxy that nobody named setup codes are held up past their limit too", async () => {
  await using auth = await createFixture();
  const headers = headersOf({ address: "10.0.0.1", isShared: true });
  const body = {
    username: "ada",
    email: "ada@example.org",
    password: PASSWORD,
    setupCode: "a guess",
  };
  for (let attempt = 0; attempt < 102; attempt++) {
    const reply = await auth.call("POST", "/api/v1/setup/initialize", { body, headers });
    equal(await problemCode(reply, 403), "setup_code_wrong");
  }
  equal(auth.delays, [250, 500]);
});
