/**
 * How often somebody who is signed in can guess at the account's password, and what strangers
 * change of that.
 */
import { deepEqual as equal } from "node:assert/strict";
import {
  CLIENT_ADDRESS_HEADER,
  DEVICE_TOKEN_HEADER,
  DEVICE_TOKENS_HEADER,
  SESSION_ID_HEADER,
  type SessionId,
  type Subject,
} from "@codex/protocol";
import { createFixture, type Fixture, json, PASSWORD } from "../testing/fixture.ts";
import { changePassword } from "../workflows/passwords.ts";
import { signIn } from "../workflows/sessions.ts";

const NEW_PASSWORD = "another long password";
const CLIENT = {
  address: "192.0.2.1",
  isAddressShared: false,
  userAgent: undefined,
  deviceTokens: [],
};

async function enter(
  auth: Fixture,
  subject: Subject,
  session: SessionId,
  password: string,
): Promise<number> {
  const headers = { [SESSION_ID_HEADER]: session };
  const call = { subject, headers, body: { password } };
  return (await auth.call("POST", "/api/v1/auth/reauthenticate", call)).status;
}

async function change(
  auth: Fixture,
  subject: Subject,
  session: SessionId | undefined,
  currentPassword: string,
): Promise<Response> {
  const headers = session === undefined ? {} : { [SESSION_ID_HEADER]: session };
  const body = { currentPassword, newPassword: NEW_PASSWORD };
  return await auth.call("POST", "/api/v1/auth/password", { subject, headers, body });
}

async function login(
  auth: Fixture,
  username: string,
  password: string,
  headers: Record<string, string> = {},
): Promise<number> {
  const body = { username, password };
  return (await auth.call("POST", "/api/v1/auth/login", { body, headers })).status;
}

Deno.test("strangers' guesses don't keep a live session from entering the password again", async () => {
  await using auth = await createFixture();
  const ada = await auth.addUser("ada");
  const session = await auth.addSession(ada);
  for (let n = 0; n < 60; n++) {
    await login(auth, "ada", "wrong", { [CLIENT_ADDRESS_HEADER]: `192.0.2.${n}` });
  }
  equal(await login(auth, "ada", PASSWORD), 429);
  equal(await enter(auth, ada, session, PASSWORD), 200);
  equal((await change(auth, ada, session, PASSWORD)).status, 200);
});

Deno.test("a session has 10 guesses in all its calls together, and closes nothing else", async () => {
  await using auth = await createFixture();
  const ada = await auth.addUser("ada");
  const [stolen, own] = [await auth.addSession(ada), await auth.addSession(ada)];
  for (let attempt = 0; attempt < 5; attempt++) {
    equal(await enter(auth, ada, stolen, "wrong"), 401);
    equal((await change(auth, ada, stolen, "wrong")).status, 401);
  }
  equal(await enter(auth, ada, stolen, PASSWORD), 429);
  equal((await change(auth, ada, stolen, PASSWORD)).status, 429);
  equal(await enter(auth, ada, own, PASSWORD), 200);
  equal(await login(auth, "ada", PASSWORD), 200);
});

Deno.test("of 30 guesses at once in one session 10 are checked, and the right one forgets them", async () => {
  await using auth = await createFixture();
  const ada = await auth.addUser("ada");
  const session = await auth.addSession(ada);
  for (let attempt = 0; attempt < 9; attempt++) await enter(auth, ada, session, "wrong");
  equal(await enter(auth, ada, session, PASSWORD), 200);
  const guesses = Array.from({ length: 30 }, () => enter(auth, ada, session, "wrong"));
  const statuses = await Promise.all(guesses);
  equal(statuses.filter((status) => status === 401).length, 10);
  equal(statuses.filter((status) => status === 429).length, 20);
});

Deno.test("an API token's guesses at its user's password count together, and close no session", async () => {
  await using auth = await createFixture();
  const ada = await auth.addUser("ada");
  const session = await auth.addSession(ada);
  for (let attempt = 0; attempt < 10; attempt++) {
    equal((await change(auth, ada, undefined, "wrong")).status, 401);
  }
  equal((await change(auth, ada, undefined, PASSWORD)).status, 429);
  equal(await enter(auth, ada, session, PASSWORD), 200);
});

Deno.test("who changes the password keeps their device known, and makes every other one unknown", async () => {
  await using auth = await createFixture();
  const ada = await auth.addUser("ada");
  const session = await auth.addSession(ada);
  const changed = await change(auth, ada, session, PASSWORD);
  equal(await json(changed.clone()), {});
  const device = changed.headers.get(DEVICE_TOKEN_HEADER)!;
  for (let n = 0; n < 50; n++) {
    await login(auth, "ada", "wrong", { [CLIENT_ADDRESS_HEADER]: `192.0.2.${n}` });
  }
  equal(await login(auth, "ada", NEW_PASSWORD), 429);
  equal(await login(auth, "ada", NEW_PASSWORD, { [DEVICE_TOKENS_HEADER]: device }), 200);
});

/** The fixture's parts, with a password that is set anew while the old one is being checked. */
function resetDuringCheck(auth: Fixture, admin: Subject, target: Subject) {
  const { passwords } = auth.deps;
  return {
    ...auth.deps,
    passwords: {
      ...passwords,
      async verify(hash: string | null, password: string) {
        const right = await passwords.verify(hash, password);
        const path = `/api/v1/users/${target.userId}`;
        const body = { password: "set by the administrator" };
        await json(await auth.call("PATCH", path, { subject: admin, body }));
        return right;
      },
    },
  };
}

Deno.test("an old password that is reset while it is checked starts no session and changes nothing", async () => {
  await using auth = await createFixture();
  const admin = await auth.admin();
  const [ada, bob] = [await auth.addUser("ada"), await auth.addUser("bob")];
  const signedIn = await signIn(
    resetDuringCheck(auth, admin, ada),
    { username: "ada", password: PASSWORD },
    CLIENT,
  );
  equal(signedIn, { kind: "wrong" });
  equal((await auth.sql`select 1 from sessions where user_id = ${ada.userId}`).length, 0);

  const passwords = { currentPassword: PASSWORD, newPassword: NEW_PASSWORD, endApiKeys: false };
  const deps = resetDuringCheck(auth, admin, bob);
  equal(await changePassword(deps, bob, undefined, passwords), { kind: "gone" });
  equal(await login(auth, "bob", NEW_PASSWORD), 401);
  equal(await login(auth, "bob", "set by the administrator"), 200);
});
