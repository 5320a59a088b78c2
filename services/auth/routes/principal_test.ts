import { deepEqual as equal } from "node:assert/strict";
import { issueToken } from "@codex/crypto";
import { TOUCH_INTERVAL_MS } from "../domain/session_lifetime.ts";
import { createFixture, json, PASSWORD } from "../testing/fixture.ts";

Deno.test("an unknown or malformed token belongs to nobody", async () => {
  await using auth = await createFixture();
  for (const token of ["x", issueToken("cxs").token, issueToken("cxk").token, "cxs_' or 1=1 --"]) {
    const reply = await auth.call("POST", "/internal/principal", { body: { token } });
    equal(await json(reply), { principal: null });
  }
});

Deno.test("a session has all scopes of its user's role of this moment", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada", "reader");
  const body = { username: "ada", password: PASSWORD };
  const login = await json(await auth.call("POST", "/api/v1/auth/login", { body }));
  const token = login["accessToken"];
  const resolve = async () =>
    (await json(await auth.call("POST", "/internal/principal", { body: { token } })))["principal"];
  const [session] = await auth.sql`select id from sessions`;
  const principal = (role: string, scopes: string[]) => ({
    subject: { userId: subject.userId, role, scopes, fresh: true },
    kind: "session",
    sessionId: session?.["id"],
  });
  equal(
    await resolve(),
    principal("reader", ["account", "library:read", "progress:write", "plugins:use"]),
  );
  await auth.sql`update users set role = 'maintainer'`;
  equal(
    await resolve(),
    principal("maintainer", [
      "account",
      "library:read",
      "library:write",
      "progress:write",
      "plugins:use",
    ]),
  );
});

Deno.test("the use of a session is written at most once a minute", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const body = { username: "ada", password: PASSWORD };
  const login = await json(await auth.call("POST", "/api/v1/auth/login", { body }));
  const token = login["accessToken"];
  const versions = new Set<unknown>();
  for (let n = 0; n < 6; n++) {
    await json(await auth.call("POST", "/internal/principal", { body: { token } }));
    versions.add((await auth.sql`select xmin::text as version from sessions`)[0]?.["version"]);
    auth.clock.advance(TOUCH_INTERVAL_MS / 2);
  }
  equal(versions.size, 3);
});
