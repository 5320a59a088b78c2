/** An API token that may administer users gives its holder nothing that it hasn't got itself. */
import { deepEqual as equal, ok } from "node:assert/strict";
import { AuditPage, type Role, SCOPES, SCOPES_OF_ROLE, type Subject, User } from "@codex/protocol";
import { createFixture, type Fixture, json, PASSWORD, problemCode } from "../testing/fixture.ts";

const NEW_PASSWORD = "another long password";

/** The administrator's subject as it comes with a token: no session goes along. */
async function tokenOf(auth: Fixture, scopes: Subject["scopes"]): Promise<Subject> {
  return { ...await auth.admin(), scopes };
}

const change = (auth: Fixture, subject: Subject, target: Subject, body: object) =>
  auth.call("PATCH", `/api/v1/users/${target.userId}`, { subject, body });

const make = (auth: Fixture, subject: Subject, username: string, role: Role) =>
  auth.call("POST", "/api/v1/users", {
    subject,
    body: { username, email: `${username}@example.org`, password: PASSWORD, role },
  });

async function usersOf(auth: Fixture): Promise<string[]> {
  const rows = await auth.sql`select username, role, email, password_hash from users order by 1`;
  return rows.map((row) => JSON.stringify({ ...row }));
}

Deno.test("a token touches no administrator, not even with every scope, nor its own owner", async () => {
  await using auth = await createFixture();
  const token = await tokenOf(auth, [...SCOPES]);
  const owner = await auth.admin();
  const other = await auth.addUser("other", "admin");
  const reader = await auth.addUser("reader");
  const before = await usersOf(auth);
  for (const target of [owner, other]) {
    const bodies = [
      { password: NEW_PASSWORD },
      { password: NEW_PASSWORD, role: "reader" },
      { role: "reader" },
      { email: "x@example.org" },
    ];
    for (const body of bodies) {
      equal(await problemCode(await change(auth, token, target, body), 403), "session_required");
    }
    const deleted = await auth.call("DELETE", `/api/v1/users/${target.userId}`, { subject: token });
    equal(await problemCode(deleted, 403), "session_required");
  }
  equal(
    await problemCode(await change(auth, token, reader, { role: "admin" }), 403),
    "session_required",
  );
  equal(await problemCode(await make(auth, token, "heir", "admin"), 403), "session_required");
  equal(await usersOf(auth), before);

  const session = await auth.inSession(owner);
  const path = `/api/v1/users/${other.userId}`;
  const body = { password: NEW_PASSWORD };
  User.parse(await json(await auth.call("PATCH", path, { ...session, body })));
});

Deno.test("a token makes no user, role or password that can do more than it can", async () => {
  await using auth = await createFixture();
  const narrow = await tokenOf(auth, ["users:admin"]);
  const asReader = await tokenOf(auth, ["users:admin", ...SCOPES_OF_ROLE.reader]);
  const reader = await auth.addUser("reader");
  const maintainer = await auth.addUser("maintainer", "maintainer");
  const before = await usersOf(auth);
  const refused = [
    await make(auth, narrow, "heir", "reader"),
    await make(auth, asReader, "heir", "maintainer"),
    await change(auth, narrow, reader, { password: NEW_PASSWORD }),
    await change(auth, asReader, maintainer, { password: NEW_PASSWORD }),
    await change(auth, asReader, reader, { role: "maintainer" }),
  ];
  for (const reply of refused) {
    const { code, detail } = await json(reply, 403);
    equal(code, "forbidden");
    ok(String(detail).startsWith("The API token can't give what it doesn't have: "));
  }
  equal(await usersOf(auth), before);

  equal((await make(auth, asReader, "heir", "reader")).status, 201);
  equal((await change(auth, asReader, reader, { password: NEW_PASSWORD })).status, 200);
  equal((await change(auth, narrow, maintainer, { role: "reader" })).status, 200);
  equal((await change(auth, narrow, reader, { email: "x@example.org" })).status, 200);
  const path = `/api/v1/users/${reader.userId}`;
  equal((await auth.call("DELETE", path, { subject: narrow })).status, 200);
  const log = AuditPage.parse(
    await json(await auth.call("GET", "/api/v1/admin/audit", { subject: narrow })),
  );
  const acts = log.items.filter(({ source }) => source === "auth").map(({ action }) => action);
  equal(acts.reverse(), [
    "user.created",
    "user.updated",
    "user.updated",
    "user.updated",
    "user.deleted",
  ]);
});
