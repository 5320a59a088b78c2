import { deepEqual as equal, match, ok } from "node:assert/strict";
import {
  ApiKeyList,
  CreatedApiKey,
  ResolveAnswer,
  type Scope,
  SESSION_ID_HEADER,
  type Subject,
} from "@codex/protocol";
import { API_KEYS_PER_USER_MAX } from "../workflows/api_keys.ts";
import { createFixture, type Fixture, json, problemCode } from "../testing/fixture.ts";

/** With a session of the user's. */
async function create(auth: Fixture, subject: Subject, body: object): Promise<Response> {
  const headers = { [SESSION_ID_HEADER]: await auth.addSession(subject) };
  return await auth.call("POST", "/api/v1/api-keys", { subject, body, headers });
}

async function created(auth: Fixture, subject: Subject, body: object) {
  return CreatedApiKey.parse(await json(await create(auth, subject, body), 201));
}

async function resolve(auth: Fixture, token: string) {
  const reply = await auth.call("POST", "/internal/principal", { body: { token } });
  return ResolveAnswer.parse(await json(reply)).principal;
}

async function listed(auth: Fixture, subject: Subject) {
  return ApiKeyList.parse(await json(await auth.call("GET", "/api/v1/api-keys", { subject })))
    .items;
}

const reading = { name: "reader", scopes: ["library:read"] };

Deno.test("a token's secret is shown once and only its hash is stored", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const key = await created(auth, subject, reading);
  match(key.secret, /^cxk_[A-Za-z0-9_-]{43}$/);
  equal(key.prefix, key.secret.slice(0, 8));
  const [item] = await listed(auth, subject);
  equal(item?.id, key.id);
  ok(!("secret" in item!));
  const [row] = await auth.sql`select api_keys::text as text from api_keys`;
  ok(!String(row?.["text"]).includes(key.secret.slice(8)));
});

Deno.test("a token acts for its user with its own scopes, and its use is written down", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada", "admin");
  const { secret } = await created(auth, subject, {
    name: "script",
    scopes: ["plugins:admin", "library:read"],
  });
  auth.clock.advance(5000);
  equal(await resolve(auth, secret), {
    kind: "api_key",
    subject: {
      userId: subject.userId,
      role: "admin",
      scopes: ["library:read", "plugins:admin"],
      fresh: true,
    },
  });
  const [item] = await listed(auth, subject);
  equal(item?.lastUsedAt, new Date(auth.clock.now()).toISOString());
});

Deno.test("a token loses what its user's role loses", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada", "admin");
  const scopes: Scope[] = ["users:admin", "account"];
  const { secret } = await created(auth, subject, { name: "script", scopes });
  await auth.sql`update users set role = 'reader'`;
  equal((await resolve(auth, secret))?.subject.scopes, ["account"]);
});

Deno.test("nobody gives a token a scope that they lack", async () => {
  await using auth = await createFixture();
  const reader = await auth.addUser("ada");
  const beyond = { name: "x", scopes: ["library:read", "users:admin"] };
  equal(await problemCode(await create(auth, reader, beyond), 403), "forbidden");
  equal((await auth.sql`select 1 from api_keys`).length, 0);
});

Deno.test("a token makes no token, not even one that may do less", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const { secret } = await created(auth, subject, { name: "script", scopes: ["account"] });
  const token = (await resolve(auth, secret))!;
  equal(token.sessionId, undefined);
  const body = { name: "heir", scopes: ["account"] };
  const reply = await auth.call("POST", "/api/v1/api-keys", { subject: token.subject, body });
  equal(await problemCode(reply, 403), "session_required");
  equal((await listed(auth, subject)).map(({ name }) => name), ["script"]);
});

Deno.test("a token ends when it expires, and can't be made expired", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const at = (offsetMs: number) => new Date(auth.clock.now() + offsetMs).toISOString();
  const past = await create(auth, subject, { ...reading, expiresAt: at(0) });
  equal(await problemCode(past, 400), "bad_request");
  const { secret } = await created(auth, subject, { ...reading, expiresAt: at(1000) });
  auth.clock.advance(999);
  ok(await resolve(auth, secret));
  auth.clock.advance(1);
  equal(await resolve(auth, secret), null);
});

Deno.test("a deleted token is refused; another user's token can't be deleted", async () => {
  await using auth = await createFixture();
  const ada = await auth.addUser("ada");
  const bob = await auth.addUser("bob", "admin");
  const { id, secret } = await created(auth, ada, reading);
  const path = `/api/v1/api-keys/${id}`;
  equal(await problemCode(await auth.call("DELETE", path, { subject: bob }), 404), "not_found");
  equal(await listed(auth, bob), []);
  ok(await resolve(auth, secret));
  equal(await json(await auth.call("DELETE", path, { subject: ada })), {});
  equal(await resolve(auth, secret), null);
});

Deno.test("a user has at most 100 tokens, however many are asked for at once", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  await auth.sql`
    insert into api_keys (user_id, name, scopes, prefix, secret_hash, created_at)
    select ${subject.userId}, 'k', '{account}', 'cxk_', sha256(n::text::bytea), now()
    from generate_series(1, ${API_KEYS_PER_USER_MAX - 3}) n`;
  const replies = await Promise.all(
    Array.from({ length: 10 }, () => create(auth, subject, reading)),
  );
  equal(replies.filter((reply) => reply.status === 201).length, 3);
  equal(await problemCode(await create(auth, subject, reading), 422), "quota_exceeded");
});

Deno.test("every wrong field of a token is named", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const reply = await create(auth, subject, { name: " ", scopes: ["all"], expiresAt: "tomorrow" });
  const { errors } = await json(reply, 400);
  const pointers = (errors as { pointer: string }[]).map((error) => error.pointer).sort();
  equal(pointers, ["/expiresAt", "/name", "/scopes/0"]);
});
