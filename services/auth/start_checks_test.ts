import { deepEqual as equal, match, rejects } from "node:assert/strict";
import { announceSetupCode, requireReady, requireRightKey } from "./start_checks.ts";
import { createFixture, json, testKeyring } from "./testing/fixture.ts";

Deno.test("a start without migrations ends with what to run", async () => {
  await requireReady(() => Promise.resolve(null));
  await rejects(requireReady(() => Promise.resolve("Migrations are not applied")), {
    message: "Migrations are not applied",
  });
});

Deno.test("a start with a wrong key ends with the ids of both keys, in one line", async () => {
  await using auth = await createFixture();
  const body = { credentials: { key: "k" } };
  const path = `/vault/plugins/${crypto.randomUUID()}`;
  await json(await auth.call("PUT", path, { from: "plugin-host", body }));
  const wrong = testKeyring(2);
  await rejects(requireRightKey({ ...auth.deps, keyring: wrong }), (error: Error) => {
    match(error.message, new RegExp(auth.deps.keyring!.keyId));
    match(error.message, new RegExp(wrong.keyId));
    match(error.message, /^CODEX_ENCRYPTION_KEY is the wrong key: [^\n]*$/);
    return true;
  });
  await requireRightKey({ ...auth.deps, keyring: testKeyring(2, [1]) });
  await requireRightKey({ ...auth.deps, keyring: null });
});

Deno.test("the setup code is printed in a line of its own, until setup is done", async () => {
  await using auth = await createFixture({ setupCode: null });
  const lines: string[] = [];
  const print = (line: string) => void lines.push(line);
  await announceSetupCode(auth.deps, print);
  match(lines[0] ?? "", /^Setup code: \S+\n$/);
  await auth.sql`insert into setup (done, at) values (true, now())`;
  await announceSetupCode(auth.deps, print);
  equal(lines.length, 1);
});
