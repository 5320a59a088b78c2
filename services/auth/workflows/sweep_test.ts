import { deepEqual as equal } from "node:assert/strict";
import { SESSION_IDLE_MS } from "../domain/session_lifetime.ts";
import { createFixture, json, PASSWORD } from "../testing/fixture.ts";
import { sweepExpired } from "./sweep.ts";
import { tokens } from "../testing/provider.ts";
import { begin, comeBack, reasonOf, signIn, withProvider } from "../testing/sign_in.ts";
import { markExpired } from "./renew_token.ts";

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

Deno.test("a sign-in that was never finished is told as expired for an hour, and then swept", () =>
  withProvider(async ({ auth, pluginId, ada }) => {
    const flows = async () => (await auth.sql`select 1 from oauth_flows`).length;
    const [late, lost] = [await begin(auth, ada, pluginId), await begin(auth, ada, pluginId)];
    auth.clock.advance(300_000 + 3_600_000 - 1);
    await sweepExpired(auth.deps);
    equal(await flows(), 2);
    equal(reasonOf(await comeBack(auth, ada, late)), "expired");
    auth.clock.advance(2);
    await sweepExpired(auth.deps);
    equal(await flows(), 0);
    equal(reasonOf(await comeBack(auth, ada, lost)), "used");
  }));

Deno.test("an exchange that broke off with its replica is swept after an hour", async () => {
  await using auth = await createFixture();
  await auth.sql`insert into oauth_exchanges (id, user_id, plugin_id, started_at) values
    (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), ${
    new Date(auth.clock.now()).toISOString()
  })`;
  const left = async () => {
    await sweepExpired(auth.deps);
    return (await auth.sql`select 1 from oauth_exchanges`).length;
  };
  auth.clock.advance(3_600_000);
  equal(await left(), 1);
  auth.clock.advance(1);
  equal(await left(), 0);
});

Deno.test("a token that has ended with nothing to renew it by is told without being used", () =>
  withProvider(async ({ auth, provider, pluginId, ada }) => {
    provider.answer = () => tokens(1, { refresh_token: undefined, expires_in: 60 });
    await signIn(auth, ada, pluginId);
    const status = async () => (await auth.sql`select status from connections`)[0]?.["status"];
    auth.clock.advance(59_999);
    await markExpired(auth.deps);
    equal(await status(), "connected");
    auth.clock.advance(1);
    await markExpired(auth.deps);
    equal(await status(), "needs_reconnection");
  }));
