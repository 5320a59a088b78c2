import { deepEqual as equal, match, ok } from "node:assert/strict";
import { createPasswordHasher } from "@codex/crypto/password";
import {
  CLIENT_ADDRESS_HEADER,
  Me,
  type Principal,
  ResolveAnswer,
  SESSION_ID_HEADER,
  SessionAnswer,
  SessionList,
} from "@codex/protocol";
import { FRESH_MS, SESSION_IDLE_MS, SESSION_LIFETIME_MS } from "../domain/session_lifetime.ts";
import { createFixture, type Fixture, json, PASSWORD, problemCode } from "../testing/fixture.ts";

const login = (auth: Fixture, username: string, password = PASSWORD, address = "192.0.2.1") =>
  auth.call("POST", "/api/v1/auth/login", {
    body: { username, password },
    headers: { [CLIENT_ADDRESS_HEADER]: address, "user-agent": "Test/1.0" },
  });

async function signIn(auth: Fixture, username: string): Promise<SessionAnswer> {
  return SessionAnswer.parse(await json(await login(auth, username)));
}

async function resolve(auth: Fixture, token: string): Promise<Principal | null> {
  const reply = await auth.call("POST", "/internal/principal", { body: { token } });
  return ResolveAnswer.parse(await json(reply)).principal;
}

/** What the gateway would send for a request with this token. */
async function asUser(auth: Fixture, token: string) {
  const principal = (await resolve(auth, token))!;
  const headers = principal.sessionId === undefined
    ? {}
    : { [SESSION_ID_HEADER]: principal.sessionId };
  return { subject: principal.subject, headers };
}

Deno.test("a text that PostgreSQL can't store is a bad request", async () => {
  await using auth = await createFixture();
  equal(await problemCode(await login(auth, "a\u0000b"), 400), "bad_request");
});

Deno.test("the right password signs in, by any spelling of the name", async () => {
  await using auth = await createFixture();
  const { userId } = await auth.addUser("Ada", "maintainer");
  for (const name of ["Ada", "ada", " ADA "]) {
    const answer = await signIn(auth, name);
    equal(answer.user.id, userId);
    equal(answer.user.role, "maintainer");
    equal(answer.tokenType, "Bearer");
    equal(answer.expiresIn, SESSION_LIFETIME_MS / 1000);
  }
});

Deno.test("a wrong password and an unknown name are refused in the same words", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const wrong = await json(await login(auth, "ada", "wrong password"), 401);
  const unknown = await json(await login(auth, "nobody", "wrong password"), 401);
  equal(wrong["code"], "invalid_credentials");
  equal({ ...wrong, requestId: "" }, { ...unknown, requestId: "" });
});

Deno.test("a session ends after 30 days, or 7 days without use", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const idle = (await signIn(auth, "ada")).accessToken;
  const used = (await signIn(auth, "ada")).accessToken;
  auth.clock.advance(SESSION_IDLE_MS - 1);
  ok(await resolve(auth, used));
  auth.clock.advance(1);
  equal(await resolve(auth, idle), null);
  for (let days = 7; days < 30; days++) {
    ok(await resolve(auth, used), `after ${days} days`);
    auth.clock.advance(24 * 3_600_000);
  }
  equal(await resolve(auth, used), null);
});

Deno.test("only hashes of tokens are stored", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const { accessToken } = await signIn(auth, "ada");
  const [row] = await auth.sql`select sessions::text as text, users::text as user
    from sessions join users on users.id = user_id`;
  ok(!String(row?.["text"]).includes(accessToken.slice(4)));
  ok(!String(row?.["user"]).includes(PASSWORD));
});

Deno.test("a password is fresh for 15 minutes, and again after it is entered again", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const { accessToken } = await signIn(auth, "ada");
  equal((await resolve(auth, accessToken))?.subject.fresh, true);
  auth.clock.advance(FRESH_MS);
  equal((await resolve(auth, accessToken))?.subject.fresh, false);
  const user = await asUser(auth, accessToken);
  const again = (password: string) =>
    auth.call("POST", "/api/v1/auth/reauthenticate", { ...user, body: { password } });
  equal(await problemCode(await again("wrong"), 401), "invalid_credentials");
  equal((await resolve(auth, accessToken))?.subject.fresh, false);
  equal(await json(await again(PASSWORD)), {});
  equal((await resolve(auth, accessToken))?.subject.fresh, true);
});

Deno.test("entering the password again needs a session", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const body = { password: PASSWORD };
  const reply = await auth.call("POST", "/api/v1/auth/reauthenticate", { subject, body });
  equal(await problemCode(reply, 403), "session_required");
});

Deno.test("a session of another user can't be made fresh", async () => {
  await using auth = await createFixture();
  const ada = await auth.addUser("ada");
  await auth.addUser("bob");
  const bob = await asUser(auth, (await signIn(auth, "bob")).accessToken);
  auth.clock.advance(FRESH_MS);
  const body = { password: PASSWORD };
  const call = { subject: ada, headers: bob.headers, body };
  equal((await auth.call("POST", "/api/v1/auth/reauthenticate", call)).status, 401);
  const [row] = await auth.sql`select authenticated_at = created_at as unchanged from sessions`;
  equal(row?.["unchanged"], true);
});

Deno.test("me tells who is signed in, with the scopes of the token", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("Ada", "admin");
  const narrowed = { ...subject, scopes: ["account" as const] };
  const me = Me.parse(
    await json(await auth.call("GET", "/api/v1/auth/me", { subject: narrowed })),
  );
  equal(me, {
    id: subject.userId,
    username: "Ada",
    email: "Ada@example.org",
    role: "admin",
    permissions: ["account"],
  });
});

Deno.test("logging out ends this session alone", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const [first, second] = [await signIn(auth, "ada"), await signIn(auth, "ada")];
  const user = await asUser(auth, first.accessToken);
  const reply = await auth.call("POST", "/api/v1/auth/logout", user);
  equal(await json(reply), {});
  equal(await resolve(auth, first.accessToken), null);
  ok(await resolve(auth, second.accessToken));
});

Deno.test("sessions are listed with the current one marked, and can be ended", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const here = await signIn(auth, "ada");
  auth.clock.advance(1000);
  const other = await signIn(auth, "ada");
  const user = await asUser(auth, here.accessToken);
  const { items } = SessionList.parse(
    await json(await auth.call("GET", "/api/v1/auth/sessions", user)),
  );
  equal(items.map((item) => [item.current, item.userAgent]), [[false, "Test/1.0"], [
    true,
    "Test/1.0",
  ]]);
  await json(await auth.call("DELETE", `/api/v1/auth/sessions/${items[0]!.id}`, user));
  equal(await resolve(auth, other.accessToken), null);
  ok(await resolve(auth, here.accessToken));
});

Deno.test("another user's session answers 404 and lives on", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const bob = await auth.addUser("bob", "admin");
  const { accessToken } = await signIn(auth, "ada");
  const { sessionId } = (await resolve(auth, accessToken))!;
  const reply = await auth.call("DELETE", `/api/v1/auth/sessions/${sessionId}`, { subject: bob });
  equal(await problemCode(reply, 404), "not_found");
  ok(await resolve(auth, accessToken));
  const listed = await json(await auth.call("GET", "/api/v1/auth/sessions", { subject: bob }));
  equal(listed, { items: [] });
});

Deno.test("changing the password ends every other session", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const [here, other] = [await signIn(auth, "ada"), await signIn(auth, "ada")];
  const user = await asUser(auth, here.accessToken);
  const newPassword = "another long password";
  const change = (currentPassword: string) =>
    auth.call("POST", "/api/v1/auth/password", { ...user, body: { currentPassword, newPassword } });
  equal(await problemCode(await change("wrong"), 401), "invalid_credentials");
  ok(await resolve(auth, other.accessToken));
  equal(await json(await change(PASSWORD)), {});
  ok(await resolve(auth, here.accessToken));
  equal(await resolve(auth, other.accessToken), null);
  equal((await login(auth, "ada")).status, 401);
  equal((await login(auth, "ada", newPassword)).status, 200);
});

Deno.test("a short new password is refused", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const body = { currentPassword: PASSWORD, newPassword: "too short" };
  const reply = await auth.call("POST", "/api/v1/auth/password", { subject, body });
  equal(await problemCode(reply, 400), "bad_request");
});

Deno.test("an old hash is renewed at the next sign-in", async () => {
  await using auth = await createFixture();
  const { userId } = await auth.addUser("ada");
  const old = "$argon2id$v=19$m=16,t=2,p=1$";
  const hash = await createPasswordHasher({ memoryKib: 16, iterations: 2 }).hash(PASSWORD);
  ok(hash.startsWith(old));
  await auth.sql`update users set password_hash = ${hash} where id = ${userId}`;
  await signIn(auth, "ada");
  const [row] = await auth.sql`select password_hash from users`;
  match(String(row?.["password_hash"]), /^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
  await signIn(auth, "ada");
});
