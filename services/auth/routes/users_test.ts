import { deepEqual as equal, ok } from "node:assert/strict";
import { ResolveAnswer, SessionAnswer, User, UserPage } from "@codex/protocol";
import { createFixture, type Fixture, json, PASSWORD, problemCode } from "../testing/fixture.ts";

const newUser = (change: object = {}) => ({
  username: "bob",
  email: "bob@example.org",
  password: PASSWORD,
  ...change,
});

async function tokenOf(auth: Fixture, username: string, password = PASSWORD): Promise<string> {
  const body = { username, password };
  const reply = await auth.call("POST", "/api/v1/auth/login", { body });
  return SessionAnswer.parse(await json(reply)).accessToken;
}

async function isAlive(auth: Fixture, token: string): Promise<boolean> {
  const reply = await auth.call("POST", "/internal/principal", { body: { token } });
  return ResolveAnswer.parse(await json(reply)).principal !== null;
}

Deno.test("an administrator makes a user, a reader unless another role is named", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("root", "admin");
  const reply = await auth.call("POST", "/api/v1/users", { subject, body: newUser() });
  equal(User.parse(await json(reply, 201)).role, "reader");
  ok(await tokenOf(auth, "bob"));
});

Deno.test("a name that differs in case alone is taken, also for 20 at once", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("root", "admin");
  const make = (username: string) =>
    auth.call("POST", "/api/v1/users", { subject, body: newUser({ username }) });
  const replies = await Promise.all(
    Array.from({ length: 20 }, (_, n) => make(n % 2 === 0 ? "Bob" : "bob")),
  );
  equal(replies.filter((reply) => reply.status === 201).length, 1);
  equal(await problemCode(await make("BOB"), 409), "name_taken");
});

Deno.test("users are listed by name, page by page", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("root", "admin");
  for (const name of ["dan", "Cyd", "bob", "Ada"]) await auth.addUser(name);
  const names: string[] = [];
  let cursor: string | undefined;
  do {
    const query = new URLSearchParams({ limit: "2", ...(cursor !== undefined && { cursor }) });
    const reply = await auth.call("GET", `/api/v1/users?${query}`, { subject });
    const page = UserPage.parse(await json(reply));
    names.push(...page.items.map((user) => user.username));
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  equal(names, ["Ada", "bob", "Cyd", "dan", "root"]);
});

Deno.test("a cursor that isn't one is a bad request", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("root", "admin");
  const reply = await auth.call("GET", "/api/v1/users?cursor=nonsense", { subject });
  equal(await problemCode(reply, 400), "bad_request");
});

Deno.test("a new role counts at the next request, a new password ends every session", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("root", "admin");
  const bob = await auth.addUser("bob");
  const token = await tokenOf(auth, "bob");
  const patch = (body: object) =>
    auth.call("PATCH", `/api/v1/users/${bob.userId}`, { subject, body });
  equal(
    (await json(await patch({ role: "maintainer", email: "b@example.org" })))["role"],
    "maintainer",
  );
  ok(await isAlive(auth, token));
  await json(await patch({ password: "another long password" }));
  equal(await isAlive(auth, token), false);
  ok(await tokenOf(auth, "bob", "another long password"));
});

Deno.test("a patch that names nothing changes nothing", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("root", "admin");
  const reply = await auth.call("PATCH", `/api/v1/users/${subject.userId}`, { subject, body: {} });
  equal((await json(reply))["username"], "root");
});

Deno.test("the last administrator is neither demoted nor deleted", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("root", "admin");
  const session = await auth.inSession(subject);
  const path = `/api/v1/users/${subject.userId}`;
  const demoted = await auth.call("PATCH", path, { ...session, body: { role: "reader" } });
  equal(await problemCode(demoted, 409), "last_admin");
  equal(await problemCode(await auth.call("DELETE", path, session), 409), "last_admin");
  await auth.addUser("second", "admin");
  equal((await auth.call("PATCH", path, { ...session, body: { role: "reader" } })).status, 200);
});

Deno.test("of administrators who remove each other at once, one stays", async () => {
  await using auth = await createFixture();
  const admins = await Promise.all(
    Array.from({ length: 8 }, (_, n) => auth.addUser(`admin${n}`, "admin")),
  );
  const sessions = await Promise.all(admins.map((subject) => auth.inSession(subject)));
  const replies = await Promise.all(sessions.map((session, n) => {
    const path = `/api/v1/users/${admins[(n + 1) % admins.length]!.userId}`;
    return n % 2 === 0
      ? auth.call("DELETE", path, session)
      : auth.call("PATCH", path, { ...session, body: { role: "reader" } });
  }));
  equal(replies.map((reply) => reply.status).sort(), [200, 200, 200, 200, 200, 200, 200, 409]);
  equal((await auth.sql`select 1 from users where role = 'admin'`).length, 1);
});

Deno.test("deleting a user ends sessions and tokens and owes every purge", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("root", "admin");
  const bob = await auth.addUser("bob");
  const token = await tokenOf(auth, "bob");
  const pluginId = auth.addPlugin();
  const enabled = await auth.call("POST", `/internal/connections/${pluginId}/enable`, {
    subject: bob,
  });
  const { id: connectionId } = await json(enabled);
  const path = `/api/v1/users/${bob.userId}`;
  equal(await json(await auth.call("DELETE", path, { subject })), {});
  equal(await isAlive(auth, token), false);
  const owed = await auth.sql`
    select service, kind, subject_id from purges_owed order by kind, service`;
  equal(owed.map((row) => [row["kind"], row["service"], row["subject_id"]]), [
    ["connection", "plugin-host", connectionId],
    ["connection", "storage", connectionId],
    ["connection", "sync", connectionId],
    ["user", "library", bob.userId],
    ["user", "plugin-host", bob.userId],
    ["user", "storage", bob.userId],
    ["user", "sync", bob.userId],
  ]);
  equal(auth.purgesOwed(), 1);
  equal(await problemCode(await auth.call("DELETE", path, { subject }), 404), "not_found");
});

Deno.test("a user who is deleted while they connect leaves no connection behind", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("root", "admin");
  for (let round = 0; round < 5; round++) {
    const bob = await auth.addUser(`bob${round}`);
    const enables = Array.from({ length: 5 }, () => {
      const path = `/internal/connections/${auth.addPlugin()}/enable`;
      return auth.call("POST", path, { subject: bob });
    });
    const [deleted, ...enabled] = await Promise.all([
      auth.call("DELETE", `/api/v1/users/${bob.userId}`, { subject }),
      ...enables,
    ]);
    equal(deleted.status, 200);
    for (const reply of enabled) ok(reply.status === 200 || reply.status === 401);
    const connected = enabled.filter((reply) => reply.status === 200).length;
    equal((await auth.sql`select 1 from connections`).length, 0);
    const owed = await auth.sql`
      select 1 from purges_owed where kind = 'connection' and user_id = ${bob.userId}`;
    equal(owed.length, connected * 3);
  }
});

Deno.test("an unknown user, and an id that is none, answer 404", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("root", "admin");
  for (const id of [crypto.randomUUID(), "me"]) {
    const path = `/api/v1/users/${id}`;
    equal(await problemCode(await auth.call("DELETE", path, { subject }), 404), "not_found");
    const patched = await auth.call("PATCH", path, { subject, body: { role: "reader" } });
    equal(await problemCode(patched, 404), "not_found");
  }
});
