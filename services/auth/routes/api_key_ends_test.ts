/** How API tokens end beside by their owner's hand: with a password, and by administrators. */
import { deepEqual as equal, ok } from "node:assert/strict";
import {
  AdminApiKeyPage,
  AuditPage,
  CreatedApiKey,
  ResolveAnswer,
  SCOPES,
  SESSION_ID_HEADER,
  type Subject,
} from "@codex/protocol";
import { createFixture, type Fixture, json, PASSWORD, problemCode } from "../testing/fixture.ts";
import { createApiKey } from "../workflows/api_keys.ts";

const NEW_PASSWORD = "another long password";

async function addKey(auth: Fixture, subject: Subject, name = "script"): Promise<CreatedApiKey> {
  const body = { name, scopes: ["account"] };
  const reply = await auth.call("POST", "/api/v1/api-keys", {
    ...await auth.inSession(subject),
    body,
  });
  return CreatedApiKey.parse(await json(reply, 201));
}

type CreatedApiKey = ReturnType<typeof CreatedApiKey.parse>;

async function isAlive(auth: Fixture, { secret }: CreatedApiKey): Promise<boolean> {
  const reply = await auth.call("POST", "/internal/principal", { body: { token: secret } });
  return ResolveAnswer.parse(await json(reply)).principal !== null;
}

async function newestLine(auth: Fixture, action: string) {
  const reply = await auth.call("GET", "/api/v1/admin/audit", { subject: await auth.admin() });
  const line = AuditPage.parse(await json(reply)).items.find((item) => item.action === action);
  return { target: line?.target, actor: line?.actorName, detail: line?.detail };
}

async function listed(auth: Fixture, query = "") {
  const path = `/api/v1/admin/api-keys${query}`;
  const reply = await auth.call("GET", path, { subject: await auth.admin() });
  return AdminApiKeyPage.parse(await json(reply));
}

Deno.test("a password that an administrator sets ends the user's tokens, unless they are kept", async () => {
  await using auth = await createFixture();
  const admin = await auth.inSession(await auth.admin());
  const [ada, bob] = [await auth.addUser("ada"), await auth.addUser("bob")];
  const keys = [await addKey(auth, ada, "b"), await addKey(auth, ada, "a")];
  const ofBob = await addKey(auth, bob);
  const reset = async (body: object) =>
    json(await auth.call("PATCH", `/api/v1/users/${ada.userId}`, { ...admin, body }));

  await reset({ email: "ada@example.net", role: "maintainer" });
  await reset({ password: NEW_PASSWORD, keepApiKeys: true });
  for (const key of keys) ok(await isAlive(auth, key));
  await reset({ password: PASSWORD });
  for (const key of keys) equal(await isAlive(auth, key), false);
  ok(await isAlive(auth, ofBob));
  equal(await newestLine(auth, "user.updated"), {
    target: ada.userId,
    actor: "administrator",
    detail: { username: "ada", fields: ["password"], apiKeysEnded: ["a", "b"] },
  });
});

Deno.test("who changes their password ends their tokens if they say so, and not those of others", async () => {
  await using auth = await createFixture();
  const [ada, bob] = [await auth.addUser("ada"), await auth.addUser("bob")];
  const session = await auth.inSession(ada);
  const [key, ofBob] = [await addKey(auth, ada), await addKey(auth, bob)];
  const change = async (body: object) =>
    equal(await json(await auth.call("POST", "/api/v1/auth/password", { ...session, body })), {});

  await change({ currentPassword: PASSWORD, newPassword: NEW_PASSWORD });
  ok(await isAlive(auth, key));
  await change({ currentPassword: NEW_PASSWORD, newPassword: PASSWORD, endApiKeys: true });
  equal(await isAlive(auth, key), false);
  ok(await isAlive(auth, ofBob));
  equal((await newestLine(auth, "password.changed")).detail, { apiKeysEnded: ["script"] });
});

Deno.test("administrators see everybody's tokens, newest first and page by page, without secrets", async () => {
  await using auth = await createFixture();
  const [ada, bob] = [await auth.addUser("ada"), await auth.addUser("bob")];
  const made: CreatedApiKey[] = [];
  for (const [n, subject] of [ada, bob, ada, bob, ada].entries()) {
    // Two of them of the same moment.
    if (n % 2 === 0) auth.clock.advance(1000);
    made.push(await addKey(auth, subject, `key${n}`));
  }
  const found = [];
  let cursor: string | undefined;
  do {
    const page = await listed(auth, `?limit=2${cursor === undefined ? "" : `&cursor=${cursor}`}`);
    found.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  equal(found.map(({ id }) => id).sort(), made.map(({ id }) => id).sort());
  const times = found.map(({ createdAt }) => createdAt);
  equal(times, times.toSorted().reverse());
  ok(!JSON.stringify(found).includes("secret"));
  const ofBob = await listed(auth, `?userId=${bob.userId}`);
  equal(ofBob.items.map(({ name }) => name).sort(), ["key1", "key3"]);
  equal(
    new Set(ofBob.items.map(({ username, userId }) => `${username} ${userId}`)),
    new Set([
      `bob ${bob.userId}`,
    ]),
  );
  const wrong = await auth.call("GET", "/api/v1/admin/api-keys?cursor=x&limit=2", {
    subject: await auth.admin(),
  });
  equal(await problemCode(wrong, 400), "bad_request");
});

Deno.test("an administrator ends anybody's token; an API token ends no administrator's", async () => {
  await using auth = await createFixture();
  const admin = await auth.admin();
  const ada = await auth.addUser("ada");
  const [ofAda, second, ofAdmin] = [
    await addKey(auth, ada),
    await addKey(auth, ada),
    await addKey(auth, admin),
  ];
  const end = async (key: { id: string }, call: object) =>
    await auth.call("DELETE", `/api/v1/admin/api-keys/${key.id}`, call);
  const session = await auth.inSession(admin);
  equal(await json(await end(ofAda, session)), {});
  equal(await isAlive(auth, ofAda), false);
  equal(await newestLine(auth, "api_key.revoked"), {
    target: ofAda.id,
    actor: "administrator",
    detail: { name: "script", userId: ada.userId, username: "ada" },
  });
  equal(await problemCode(await end(ofAda, session), 404), "not_found");
  equal(await problemCode(await end({ id: "none" }, session), 404), "not_found");

  const token = { subject: { ...admin, scopes: [...SCOPES] } };
  equal(await problemCode(await end(ofAdmin, token), 403), "session_required");
  ok(await isAlive(auth, ofAdmin));
  equal(await json(await end(second, token)), {});
  equal(await json(await end(ofAdmin, session)), {});
});

Deno.test("a session that has just ended makes no token any more", async () => {
  await using auth = await createFixture();
  const admin = await auth.inSession(await auth.admin());
  const ada = await auth.addUser("ada");
  const sessionId = await auth.addSession(ada);
  const request = { name: "thief", scopes: ["account" as const] };
  const headers = { [SESSION_ID_HEADER]: sessionId };
  await json(
    await auth.call("PATCH", `/api/v1/users/${ada.userId}`, {
      ...admin,
      body: { password: NEW_PASSWORD },
    }),
  );
  // The gateway may remember the session for some seconds.
  const reply = await auth.call("POST", "/api/v1/api-keys", {
    subject: ada,
    headers,
    body: request,
  });
  equal(await problemCode(reply, 401), "unauthenticated");
  equal(await createApiKey(auth.deps, ada, sessionId, request), { kind: "gone" });
  equal((await listed(auth)).items, []);
});
