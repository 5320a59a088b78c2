import assert from "node:assert/strict";
import { context, newConnection, startTestStorage } from "../testing.ts";

Deno.test("use tells keys and bytes per connection of a plugin, and no values", async () => {
  await using test = await startTestStorage();
  const connection = newConnection();
  const ticket = await test.ticketFor(connection);
  await test.storage.set(context, ticket, { key: "a", data: [1, 2] });
  await test.storage.set(context, ticket, { key: "b", data: "x" });
  assert.deepEqual(await test.storage.use(context, connection.pluginId), {
    connections: [{ connectionId: connection.connectionId, keys: 2, bytes: 8 }],
  });
});

Deno.test("a purge may be repeated, and a late set with a valid ticket brings nothing back", async () => {
  await using test = await startTestStorage();
  const { storage, storageOfAuth } = test;
  const connection = newConnection();
  const ticket = await test.ticketFor(connection);
  await storage.set(context, ticket, { key: "a", data: 1 });
  for (let i = 0; i < 2; i++) {
    await storageOfAuth.purgeConnection(context, connection.connectionId);
    await assert.rejects(storage.set(context, ticket, { key: "a", data: 1 }), {
      code: "not_found",
      message: "The connection is gone",
    });
    assert.deepEqual(await storage.get(context, ticket, "a"), { data: null });
    assert.deepEqual(await storage.list(context, ticket), { keys: [] });
  }
  // Connecting again makes a new connection, which an old purge doesn't touch.
  const again = await test.ticketFor({ ...newConnection(), userId: connection.userId });
  await storage.set(context, again, { key: "a", data: 2 });
  await storageOfAuth.purgeConnection(context, connection.connectionId);
  assert.deepEqual(await storage.get(context, again, "a"), { data: 2 });
});

Deno.test("purging a user takes all their connections and no other's", async () => {
  await using test = await startTestStorage();
  const { storage, storageOfAuth } = test;
  const first = newConnection();
  const tickets = await Promise.all(
    [first, newConnection({ userId: first.userId })].map((it) => test.ticketFor(it)),
  );
  const other = await test.ticketFor(newConnection({ pluginId: first.pluginId }));
  for (const ticket of [...tickets, other]) {
    await storage.set(context, ticket, { key: "a", data: 1 });
  }
  for (let i = 0; i < 2; i++) await storageOfAuth.purgeUser(context, first.userId);
  for (const ticket of tickets) {
    await assert.rejects(storage.set(context, ticket, { key: "a", data: 1 }), /gone/);
    assert.deepEqual(await storage.list(context, ticket), { keys: [] });
  }
  assert.equal((await storage.list(context, other)).keys.length, 1);
});

Deno.test("an id that isn't one names nothing", async () => {
  await using test = await startTestStorage();
  await assert.rejects(test.storage.use(context, "x"), { code: "not_found" });
  await assert.rejects(test.storageOfAuth.purgeConnection(context, "x"), { code: "not_found" });
  await assert.rejects(test.storageOfAuth.purgeUser(context, "x"), { code: "not_found" });
});
