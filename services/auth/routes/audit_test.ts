import { deepEqual as equal, ok, rejects } from "node:assert/strict";
import { AuditPage, type ServiceName, type Subject } from "@codex/protocol";
import { createFixture, type Fixture, json, PASSWORD, problemCode } from "../testing/fixture.ts";

async function read(auth: Fixture, subject: Subject, query = "") {
  const reply = await auth.call("GET", `/api/v1/admin/audit${query}`, { subject });
  return AuditPage.parse(await json(reply));
}

const append = (auth: Fixture, from: ServiceName, body: object, subject?: Subject) =>
  auth.call("POST", "/internal/audit", { from, body, ...(subject && { subject }) });

Deno.test("what is done to accounts stands in the log, newest first, with names", async () => {
  await using auth = await createFixture();
  const root = await auth.addUser("root", "admin");
  const body = { username: "bob", email: "b@example.org", password: PASSWORD };
  const { id } = await json(await auth.call("POST", "/api/v1/users", { subject: root, body }), 201);
  const credentials = { username: "bob", password: "wrong" };
  await auth.call("POST", "/api/v1/auth/login", { body: credentials });
  await auth.call("POST", "/api/v1/auth/login", { body: { ...credentials, password: PASSWORD } });
  await json(await auth.call("DELETE", `/api/v1/users/${id}`, { subject: root }));
  const { items } = await read(auth, root);
  equal(
    items.map(({ action, actorName, target, source }) => [action, actorName, target, source]),
    [
      ["user.deleted", "root", id, "auth"],
      ["session.started", "bob", undefined, "auth"],
      ["session.refused", undefined, id, "auth"],
      ["user.created", "root", id, "auth"],
    ],
  );
  equal(items[0]?.detail, { username: "bob" });
});

Deno.test("a failed sign-in never writes down what was typed", async () => {
  await using auth = await createFixture();
  await auth.addUser("root", "admin");
  const body = { username: "my-secret-pass", password: "typed-elsewhere" };
  await auth.call("POST", "/api/v1/auth/login", { body });
  const [row] = await auth.sql`select audit_log::text as text from audit_log`;
  ok(!/my-secret-pass|typed-elsewhere/.test(String(row?.["text"])));
});

Deno.test("the log is read page by page", async () => {
  await using auth = await createFixture();
  const root = await auth.addUser("root", "admin");
  for (let n = 0; n < 5; n++) {
    await json(await append(auth, "library", { action: "library.scanned", target: `${n}` }), 201);
  }
  const first = await read(auth, root, "?limit=3");
  const second = await read(auth, root, `?limit=3&cursor=${first.nextCursor}`);
  equal([...first.items, ...second.items].map((item) => item.target), ["4", "3", "2", "1", "0"]);
  equal(second.nextCursor, undefined);
});

Deno.test("a service that may assert users is believed, plugin-host names the actor itself", async () => {
  await using auth = await createFixture();
  const root = await auth.addUser("root", "admin");
  const other = await auth.addUser("other");
  const granted = { action: "plugin.granted", target: "p", detail: { network: ["a.example"] } };
  await json(await append(auth, "plugin-host", { ...granted, actorId: root.userId }), 201);
  await json(await append(auth, "gateway", { ...granted, actorId: other.userId }, root), 201);
  await json(await append(auth, "storage", granted), 201);
  const { items } = await read(auth, root);
  equal(items.map((item) => [item.source, item.actorName]), [
    ["storage", undefined],
    ["gateway", "root"],
    ["plugin-host", "root"],
  ]);
  equal(items[2]?.detail, { network: ["a.example"] });
});

Deno.test("plugin-host can't assert a user by its token", async () => {
  await using auth = await createFixture();
  const root = await auth.addUser("root", "admin");
  const reply = await append(auth, "plugin-host", { action: "plugin.granted" }, root);
  equal(await problemCode(reply, 401), "unauthenticated");
});

Deno.test("an action that isn't a dotted name is refused", async () => {
  await using auth = await createFixture();
  for (const action of ["", "granted", "Plugin.Granted", "a..b", "a.b c"]) {
    equal(await problemCode(await append(auth, "sync", { action }), 400), "bad_request");
  }
});

Deno.test("auth's own role can neither change nor remove a line", async () => {
  await using auth = await createFixture();
  await json(await append(auth, "sync", { action: "sync.ran" }), 201);
  await rejects(auth.sql`update audit_log set action = 'x.y'`, { code: "42501" });
  await rejects(auth.sql`delete from audit_log`, { code: "42501" });
  await rejects(auth.sql`truncate audit_log`, { code: "42501" });
});
