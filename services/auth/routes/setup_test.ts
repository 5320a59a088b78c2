import { deepEqual as equal, match, ok } from "node:assert/strict";
import { SetupAnswer } from "@codex/protocol";
import { prepareSetupCode } from "../workflows/setup.ts";
import {
  createFixture,
  type Fixture,
  json,
  PASSWORD,
  problemCode,
  SETUP_CODE,
} from "../testing/fixture.ts";

const request = (change: object = {}) => ({
  username: "ada",
  email: "ada@example.org",
  password: PASSWORD,
  setupCode: SETUP_CODE,
  ...change,
});
const status = async (auth: Fixture) => await json(await auth.call("GET", "/api/v1/setup/status"));
const initialize = (auth: Fixture, body: object = request()) =>
  auth.call("POST", "/api/v1/setup/initialize", { body });

Deno.test("setup makes the first administrator and signs them in", async () => {
  await using auth = await createFixture();
  equal(await status(auth), { setupRequired: true, hasUsers: false, registrationEnabled: false });
  const reply = await initialize(auth);
  const answer = SetupAnswer.parse(await json(reply));
  equal(answer.user.role, "admin");
  ok(answer.user.permissions.includes("users:admin"));
  equal(reply.headers.get("cache-control"), "no-store");
  equal(await status(auth), { setupRequired: false, hasUsers: true, registrationEnabled: false });
  const body = { token: answer.accessToken };
  const resolved = await json(await auth.call("POST", "/internal/principal", { body }));
  ok(resolved["principal"] !== null);
});

Deno.test("setup works once, with the right code too", async () => {
  await using auth = await createFixture();
  await json(await initialize(auth));
  equal(await problemCode(await initialize(auth), 409), "already_set_up");
});

Deno.test("of 50 setups at once exactly one succeeds", async () => {
  await using auth = await createFixture();
  const replies = await Promise.all(
    Array.from({ length: 50 }, (_, n) => initialize(auth, request({ username: `user${n}` }))),
  );
  const statuses = replies.map((reply) => reply.status).sort();
  equal(statuses, [200, ...Array.from({ length: 49 }, () => 409)]);
  for (const reply of replies) await reply.body?.cancel();
  equal((await auth.sql`select 1 from users`).length, 1);
  equal((await auth.sql`select 1 from sessions`).length, 1);
});

Deno.test("a wrong code makes nobody, and setup stays open", async () => {
  await using auth = await createFixture();
  for (const setupCode of ["x", `${SETUP_CODE}x`, SETUP_CODE.slice(1), SETUP_CODE.toUpperCase()]) {
    equal(
      await problemCode(await initialize(auth, request({ setupCode })), 403),
      "setup_code_wrong",
    );
  }
  equal((await status(auth))["hasUsers"], false);
  await json(await initialize(auth));
});

Deno.test("guessing the code is throttled", async () => {
  await using auth = await createFixture();
  const statuses = new Map<number, number>();
  for (let attempt = 0; attempt < 105; attempt++) {
    const reply = await initialize(auth, request({ setupCode: `guess ${attempt}` }));
    await reply.body?.cancel();
    statuses.set(reply.status, (statuses.get(reply.status) ?? 0) + 1);
  }
  equal(Object.fromEntries(statuses), { 403: 100, 429: 5 });
});

Deno.test("every wrong field of a setup is named", async () => {
  await using auth = await createFixture();
  const reply = await initialize(auth, { username: "no spaces", email: "x", password: "short" });
  const { code, errors } = await json(reply, 400);
  equal(code, "bad_request");
  const pointers = (errors as { pointer: string }[]).map((error) => error.pointer).sort();
  equal(pointers, ["/email", "/password", "/setupCode", "/username"]);
});

Deno.test("a replica takes the code that another one printed; codes are gone with setup", async () => {
  await using auth = await createFixture({ setupCode: null });
  const printed = [await prepareSetupCode(auth.deps), await prepareSetupCode(auth.deps)];
  match(printed[0]!, /^setup_[A-Za-z0-9_-]{43}$/);
  ok(printed[0] !== printed[1]);
  equal(
    await problemCode(await initialize(auth, request({ setupCode: SETUP_CODE })), 403),
    "setup_code_wrong",
  );
  await json(await initialize(auth, request({ setupCode: printed[0] })));
  equal((await auth.sql`select 1 from setup_codes`).length, 0);
  equal(await prepareSetupCode(auth.deps), null);
});

Deno.test("a configured code is not printed, and the only one", async () => {
  await using auth = await createFixture();
  equal(await prepareSetupCode(auth.deps), null);
  equal((await auth.sql`select 1 from setup_codes`).length, 0);
});
