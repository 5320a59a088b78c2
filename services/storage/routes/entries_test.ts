import assert from "node:assert/strict";
import fc from "fast-check";
import type { Json, ProblemCode } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { STORAGE_LIMITS } from "../domain/limits.ts";
import { context, expire, inOneHour, newConnection, startTestStorage, store } from "../testing.ts";

/** A refusal with this code, whose message matches. */
function problem(code: ProblemCode, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof ProblemError, String(error));
    assert.equal(error.code, code, error.message);
    assert.match(error.message, message);
    return true;
  };
}

Deno.test("storage/get, set, list, delete and clear do what the protocol says", async () => {
  await using test = await startTestStorage();
  const { storage } = test;
  const ticket = await test.ticketFor(newConnection());
  assert.deepEqual(await storage.get(context, ticket, "a"), { data: null });
  const expiresAt = "2099-03-01T12:00:00.123+02:00";
  await storage.set(context, ticket, { key: "b", data: { n: 1 }, expiresAt });
  await storage.set(context, ticket, { key: "a", data: [1] });
  await storage.set(context, ticket, { key: "a", data: "again" });
  assert.deepEqual(await storage.get(context, ticket, "a"), { data: "again" });
  const expiry = "2099-03-01T10:00:00.123Z";
  assert.deepEqual(await storage.get(context, ticket, "b"), { data: { n: 1 }, expiresAt: expiry });

  const { keys } = await storage.list(context, ticket);
  assert.deepEqual(keys.map(({ key, expiresAt }) => ({ key, expiresAt })), [
    { key: "a", expiresAt: undefined },
    { key: "b", expiresAt: expiry },
  ]);
  for (const { updatedAt } of keys) {
    assert.ok(Math.abs(Date.parse(updatedAt) - Date.now()) < 60_000, updatedAt);
  }
  assert.equal(await storage.delete(context, ticket, "a"), true);
  assert.equal(await storage.delete(context, ticket, "a"), false);
  assert.equal(await storage.clear(context, ticket), 1);
  assert.deepEqual(await storage.list(context, ticket), { keys: [] });
});

Deno.test("storing without expiry takes an earlier expiry away", async () => {
  await using test = await startTestStorage();
  const ticket = await test.ticketFor(newConnection());
  await test.storage.set(context, ticket, { key: "a", data: 1, expiresAt: inOneHour() });
  await test.storage.set(context, ticket, { key: "a", data: 2 });
  assert.deepEqual(await test.storage.get(context, ticket, "a"), { data: 2 });
  await test.storage.set(context, ticket, { key: "a", data: 3, expiresAt: inOneHour() });
  assert.ok((await test.storage.get(context, ticket, "a")).expiresAt);
});

Deno.test("a value has at most 1048576 bytes; one more is refused and the old value stays", async () => {
  await using test = await startTestStorage();
  const ticket = await test.ticketFor(newConnection());
  // "é" has two bytes: what counts are bytes, and the quotes are two of them.
  const longest = "é".repeat(524_286) + "aa";
  await test.storage.set(context, ticket, { key: "a", data: longest });
  assert.equal((await test.storage.get(context, ticket, "a")).data, longest);
  for (const more of ["a", "a".repeat(100_000), "a".repeat(3_000_000)]) {
    await assert.rejects(
      test.storage.set(context, ticket, { key: "a", data: longest + more }),
      problem("quota_exceeded", /1048576 bytes/),
    );
  }
  assert.equal((await test.storage.get(context, ticket, "a")).data, longest);
  const [row] = await test.admin`select value_bytes, octet_length(data::text) as stored
    from storage.entries`;
  assert.deepEqual({ ...row }, { value_bytes: 1_048_576, stored: 1_048_576 });
});

Deno.test("a key has 1 to 256 characters", async () => {
  await using test = await startTestStorage();
  const ticket = await test.ticketFor(newConnection());
  const longest = "😀".repeat(256);
  await test.storage.set(context, ticket, { key: longest, data: 1 });
  assert.deepEqual(await test.storage.get(context, ticket, longest), { data: 1 });
  for (const key of ["", "a".repeat(257), "a".repeat(1_000_000), "a".repeat(3_000_000)]) {
    await assert.rejects(test.storage.set(context, ticket, { key, data: 1 }), /256 characters/);
    // Limits hold on writes only: such a key just isn't there.
    assert.deepEqual(await test.storage.get(context, ticket, key), { data: null });
    assert.equal(await test.storage.delete(context, ticket, key), false);
  }
});

Deno.test("a connection has at most 100 keys; replacing one doesn't count", async () => {
  await using test = await startTestStorage();
  const { storage } = test;
  const ticket = await test.ticketFor(newConnection());
  const set = (key: string, data: Json) => storage.set(context, ticket, { key, data });
  for (let i = 0; i < 100; i++) await set(`key ${i}`, i);
  await assert.rejects(set("one more", 1), problem("quota_exceeded", /at most 100 keys/));
  await set("key 7", "replaced");
  await storage.set(context, ticket, { key: "key 7", data: "with expiry", expiresAt: inOneHour() });
  await set("key 7", "without");
  assert.equal((await storage.list(context, ticket)).keys.length, 100);
  assert.deepEqual(await storage.get(context, ticket, "key 0"), { data: 0 });
  await storage.set(context, await test.ticketFor(newConnection()), { key: "other", data: 1 });
  await storage.delete(context, ticket, "key 3");
  await set("one more", 1);
});

Deno.test("of 100 new keys set at once on 95 keys exactly 5 are stored", async () => {
  await using test = await startTestStorage();
  const ticket = await test.ticketFor(newConnection());
  const set = (key: string) => test.storage.set(context, ticket, { key, data: key });
  await Promise.all(Array.from({ length: 95 }, (_, i) => set(`old ${i}`)));
  const results = await Promise.allSettled(Array.from({ length: 100 }, (_, i) => set(`new ${i}`)));
  const refused = results.filter((result) => result.status === "rejected");
  assert.equal(refused.length, 95);
  for (const { reason } of refused) problem("quota_exceeded", /at most 100 keys/)(reason);
  const { keys } = await test.storage.list(context, ticket);
  assert.equal(keys.filter(({ key }) => key.startsWith("old")).length, 95);
  const stored = results.flatMap((result, i) => result.status === "fulfilled" ? [`new ${i}`] : []);
  assert.deepEqual(
    keys.filter(({ key }) => key.startsWith("new")).map(({ key }) => key),
    stored.sort(),
  );
});

Deno.test("an expired key is gone at once and doesn't count", async () => {
  await using test = await startTestStorage();
  const { storage, admin } = test;
  const connection = newConnection();
  const ticket = await test.ticketFor(connection);
  const keys = Array.from({ length: 100 }, (_, i) => `key ${i}`);
  for (const key of keys) await storage.set(context, ticket, { key, data: 1 });
  for (const key of ["key 0", "key 1"]) await expire(admin, connection, key);

  assert.deepEqual(await storage.get(context, ticket, "key 0"), { data: null });
  assert.equal((await storage.list(context, ticket)).keys.length, 98);
  assert.equal(await storage.delete(context, ticket, "key 0"), false);
  for (const key of ["new 1", "new 2"]) await storage.set(context, ticket, { key, data: 1 });
  await expire(admin, connection, "key 2");
  assert.equal(await storage.clear(context, ticket), 99);
  assert.equal((await admin`select from storage.entries`).length, 0);
});

Deno.test("an expired key that is set again counts as new", async () => {
  await using test = await startTestStorage({ limits: { ...STORAGE_LIMITS, keysMax: 2 } });
  const connection = newConnection();
  const ticket = await test.ticketFor(connection);
  const set = (key: string) => test.storage.set(context, ticket, { key, data: 1 });
  for (const key of ["a", "b", "c"]) await store(test.sql, connection, key, { keysMax: 3 });
  await expire(test.admin, connection, "a");
  await assert.rejects(set("a"), problem("quota_exceeded", /at most 2 keys/));
  await expire(test.admin, connection, "b");
  await set("a");
});

Deno.test("keys with a short life take no more room than the limit allows, unswept", async () => {
  await using test = await startTestStorage({ limits: { ...STORAGE_LIMITS, keysMax: 2 } });
  const connection = newConnection();
  const ticket = await test.ticketFor(connection);
  for (let i = 0; i < 10; i++) {
    await test.storage.set(context, ticket, { key: `key ${i}`, data: 1 });
    await expire(test.admin, connection, `key ${i}`);
  }
  assert.equal((await test.admin`select from storage.entries`).length, 1);
});

Deno.test("expiresAt must be in the future, and a refused set leaves what was there", async () => {
  await using test = await startTestStorage();
  const ticket = await test.ticketFor(newConnection());
  await test.storage.set(context, ticket, { key: "a", data: "old" });
  for (
    const expiresAt of [
      "2020-01-01T00:00:00Z",
      "0000-01-01T00:00:00+02:00",
      new Date(Date.now() - 1).toISOString(),
    ]
  ) {
    await assert.rejects(
      test.storage.set(context, ticket, { key: "a", data: "new", expiresAt }),
      problem("bad_request", /future/),
    );
  }
  assert.deepEqual(await test.storage.get(context, ticket, "a"), { data: "old" });
  const expiresAt = "9999-12-31T23:59:59.999Z";
  await test.storage.set(context, ticket, { key: "a", data: 1, expiresAt });
  assert.deepEqual(await test.storage.get(context, ticket, "a"), { data: 1, expiresAt });
});

Deno.test("a lowered limit holds for writes; what is there can be read, replaced and deleted", async () => {
  const limits = { keysMax: 1, valueBytesMax: 5, keyCharactersMax: 3 };
  await using test = await startTestStorage({ limits });
  const { storage, admin } = test;
  const { connectionId, pluginId, userId } = newConnection();
  const ticket = await test.ticketFor({ connectionId, pluginId, userId });
  for (const key of ["long key", "b"]) {
    await admin`insert into storage.entries
      (connection_id, key, data, value_bytes, updated_at, plugin_id, user_id)
      values (${connectionId}, ${key}, '"long value"', 12, now(), ${pluginId}, ${userId})`;
  }
  assert.deepEqual(await storage.get(context, ticket, "long key"), { data: "long value" });
  assert.equal((await storage.list(context, ticket)).keys.length, 2);
  await storage.set(context, ticket, { key: "b", data: 1 });
  await assert.rejects(storage.set(context, ticket, { key: "c", data: 1 }), /at most 1 keys/);
  await assert.rejects(storage.set(context, ticket, { key: "b", data: 123456 }), /at most 5 bytes/);
  assert.equal(await storage.delete(context, ticket, "long key"), true);
  assert.deepEqual(await storage.get(context, ticket, "b"), { data: 1 });
});

Deno.test("values come back identical: numbers, key order, every character", async () => {
  await using test = await startTestStorage();
  const ticket = await test.ticketFor(newConnection());
  const values: Json[] = [
    null,
    "",
    "\0 \ud800 \udc00 😀 \u2028 </script>",
    [1e-320, 5e-324, 1.7976931348623157e308, 0.1, 9007199254740993, 1e21, 123456789012345.6],
    { b: 1, a: 2, "10": 3, "": 4, "\0": 5 },
    JSON.parse('{"__proto__": {"x": 1}, "constructor": 2, "data": 3}'),
    JSON.parse("[".repeat(500) + "]".repeat(500)),
  ];
  for (const data of values) {
    await test.storage.set(context, ticket, { key: "a", data });
    const back = await test.storage.get(context, ticket, "a");
    assert.equal(JSON.stringify(back.data), JSON.stringify(data));
  }
});

/** Strings of any UTF-16 code units, U+0000 and lone surrogates among them. */
const anyKey = fc.array(
  fc.oneof(fc.integer({ min: 0, max: 0xffff }), fc.integer({ min: 0, max: 0x7f })),
  { minLength: 1, maxLength: 256 },
).map((units) => String.fromCharCode(...units));

Deno.test("any keys with any values round-trip and are listed in order", async () => {
  await using test = await startTestStorage();
  const { storage } = test;
  const ticket = await test.ticketFor(newConnection());
  const anyEntries = fc.uniqueArray(fc.tuple(anyKey, fc.jsonValue() as fc.Arbitrary<Json>), {
    selector: ([key]) => key,
    minLength: 1,
    maxLength: 8,
  });
  await fc.assert(
    fc.asyncProperty(anyEntries, async (entries) => {
      for (const [key, data] of entries) await storage.set(context, ticket, { key, data });
      for (const [key, data] of entries) {
        const back = await storage.get(context, ticket, key);
        assert.equal(JSON.stringify(back), JSON.stringify({ data }));
      }
      const { keys } = await storage.list(context, ticket);
      assert.deepEqual(keys.map(({ key }) => key), entries.map(([key]) => key).sort());
      const [first] = entries;
      assert.equal(await storage.delete(context, ticket, first![0]), true);
      assert.equal(await storage.clear(context, ticket), entries.length - 1);
    }),
    { numRuns: 60 },
  );
});
