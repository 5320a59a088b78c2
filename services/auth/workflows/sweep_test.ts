import { deepEqual as equal } from "node:assert/strict";
import { SESSION_IDLE_MS } from "../domain/session_lifetime.ts";
import { createFixture, json, PASSWORD } from "../testing/fixture.ts";
import { sweepExpired } from "./sweep.ts";

Deno.test("ended sessions and old counters are swept, live ones stay", async () => {
  await using auth = await createFixture();
  await auth.addUser("ada");
  const body = { username: "ada", password: PASSWORD };
  const signIn = async () => await json(await auth.call("POST", "/api/v1/auth/login", { body }));
  await signIn();
  auth.clock.advance(SESSION_IDLE_MS + 1);
  await signIn();
  const now = auth.clock.now();
  await auth.sql`delete from rate_limits`;
  await auth.sql`
    insert into rate_limits (key, points, expire) values ('old', 1, ${now - 1}), ('live', 1, ${
    now + 1
  })`;
  await sweepExpired(auth.deps);
  equal((await auth.sql`select 1 from sessions`).length, 1);
  const keys = await auth.sql`select key from rate_limits`;
  equal(keys.map((row) => row["key"]), ["live"]);
});
