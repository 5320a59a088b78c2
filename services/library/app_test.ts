import assert from "node:assert/strict";
import { API_BASE, Problem, SCOPES } from "@codex/protocol";
import { OPERATIONS } from "@codex/protocol/operations";
import { testSubject } from "@codex/service/testing";
import { createFixture } from "./testing/fixture.ts";

const ID = "b1b7f0f6-6b6f-4d0e-9f3c-0a4b9f0c1d2e";

const OWN = OPERATIONS.filter(({ owner }) => owner === "library").map((operation) => ({
  ...operation,
  url: API_BASE + operation.path.replace(/\{\w+\}/g, ID),
  verb: operation.method.toUpperCase(),
}));

Deno.test("every public call of library refuses who may not make it", async (t) => {
  await using fixture = await createFixture();
  const { app, call, identities } = fixture;
  const nobody = { ...testSubject("admin"), scopes: [] };
  assert.ok(OWN.length > 30);

  for (const { id, verb, url, access } of OWN) {
    await t.step(id, async () => {
      const bare = await app.request(url, { method: verb });
      assert.deepEqual(await codeOf(bare), [401, "unauthenticated"], "without identity");
      const forged = await app.request(url, {
        method: verb,
        headers: await identities.headers("gateway", "auth", testSubject("admin")),
      });
      assert.deepEqual(
        await codeOf(forged),
        [401, "unauthenticated"],
        "a token for another service",
      );
      for (const from of ["auth", "sync", "plugin-host"] as const) {
        const reply = await call(verb, url, { from, subject: null });
        assert.deepEqual(await codeOf(reply), [403, "forbidden"], `from ${from}`);
      }
      const anonymous = await call(verb, url, { subject: null });
      assert.deepEqual(await codeOf(anonymous), [401, "unauthenticated"], "without a user");

      const others = SCOPES.filter((scope) => scope !== access);
      for (const scopes of [nobody.scopes, others]) {
        const reply = await call(verb, url, { subject: { ...nobody, scopes } });
        assert.deepEqual(await codeOf(reply), [403, "forbidden"], `with ${scopes}`);
      }
    });
  }
});

Deno.test("every public call of library exists and answers 404 for what doesn't", async () => {
  await using fixture = await createFixture();
  for (const { id, verb, url, path, body, stream } of OWN) {
    if (!path.includes("{")) continue;
    if (body !== undefined || stream !== undefined) continue;
    const reply = await fixture.call(verb, url);
    const [status, code] = await codeOf(reply);
    assert.deepEqual([status, code], [404, "not_found"], id);
    const malformed = await fixture.call(verb, url.replaceAll(ID, "1"));
    assert.deepEqual(await codeOf(malformed), [404, "not_found"], `${id} with a malformed id`);
  }
});

Deno.test("a body that isn't what the call takes is a bad request", async () => {
  await using fixture = await createFixture();
  for (const { id, verb, url, body } of OWN) {
    if (body === undefined) continue;
    const reply = await fixture.call(verb, url, { body: ["?"] });
    assert.deepEqual(await codeOf(reply), [400, "bad_request"], id);
  }
});

Deno.test("a JSON body of more than 1 MiB is refused", async () => {
  await using fixture = await createFixture();
  await fixture.refused("payload_too_large", "POST", "/libraries", {
    name: "x".repeat(1024 * 1024),
  });
});

async function codeOf(reply: Response): Promise<[number, string]> {
  const text = await reply.text();
  assert.equal(reply.headers.get("content-type"), "application/problem+json", text);
  return [reply.status, Problem.parse(JSON.parse(text)).code];
}
