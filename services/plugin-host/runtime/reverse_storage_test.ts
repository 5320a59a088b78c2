import assert from "node:assert/strict";
import type { StorageService } from "@codex/protocol";
import { ProblemError, quietLogger } from "@codex/service";
import { RpcError } from "../rpc/errors.ts";
import { FakeStorage } from "../testing/fake_peers.ts";
import { emptyStorage, noReverseMethods, storageHandler } from "./reverse_storage.ts";

const { signal } = new AbortController();

function serving(storage: StorageService, ticket = "ticket") {
  return storageHandler({ storage, ticket: () => Promise.resolve(ticket), logger: quietLogger() });
}

function failsWith(code: number, message: RegExp) {
  return (error: unknown) => {
    assert.ok(error instanceof RpcError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  };
}

Deno.test("every storage method works on the connection of the ticket", async () => {
  const storage = new FakeStorage();
  const mine = serving(storage, "mine");
  assert.deepEqual(await mine("storage/set", { key: "k", data: { a: [1] } }, signal), {
    success: true,
  });
  assert.deepEqual(await mine("storage/get", { key: "k" }, signal), { data: { a: [1] } });
  assert.deepEqual(await serving(storage, "other")("storage/get", { key: "k" }, signal), {
    data: null,
  });
  assert.deepEqual(await mine("storage/list", undefined, signal), { keys: [] });
  assert.deepEqual(await mine("storage/delete", { key: "k" }, signal), { deleted: true });
  assert.deepEqual(await mine("storage/clear", null, signal), { deletedCount: 0 });
});

Deno.test("a stored null is a value, a missing one is not", async () => {
  const handler = serving(new FakeStorage());
  await handler("storage/set", { key: "k", data: null, expiresAt: null }, signal);
  await assert.rejects(
    handler("storage/set", { key: "k" }, signal),
    failsWith(-32602, /data/),
  );
});

Deno.test("wrong parameters and unknown methods are told as such", async () => {
  const handler = serving(new FakeStorage());
  for (const params of [undefined, null, 7, "key", [], {}, { key: 7 }, { key: null }]) {
    await assert.rejects(handler("storage/get", params, signal), failsWith(-32602, /./));
  }
  const expired = { key: "k", data: 1, expiresAt: "tomorrow" };
  await assert.rejects(handler("storage/set", expired, signal), failsWith(-32602, /expiresAt/));
  for (const method of ["storage/steal", "toString", "__proto__", "releases/record"]) {
    await assert.rejects(handler(method, {}, signal), failsWith(-32601, /unknown/));
    await assert.rejects(noReverseMethods(method, {}, signal), failsWith(-32601, /unknown/));
    await assert.rejects(emptyStorage(method, {}, signal), failsWith(-32601, /unknown/));
  }
  await assert.rejects(
    noReverseMethods("storage/get", { key: "k" }, signal),
    failsWith(-32601, /unknown/),
  );
});

Deno.test("a limit is told in words, what is wrong with the server is not", async () => {
  const storage = new FakeStorage();
  const handler = serving(storage);
  storage.set = () =>
    Promise.reject(new ProblemError("quota_exceeded", "A connection keeps at most 100 keys"));
  await assert.rejects(
    handler("storage/set", { key: "k", data: 1 }, signal),
    failsWith(-32602, /100 keys/),
  );
  storage.get = () => Promise.reject(new Error("postgres://user:secret@host"));
  await assert.rejects(handler("storage/get", { key: "k" }, signal), (error) => {
    assert.doesNotMatch(String(error), /secret/);
    return failsWith(-32603, /can't be reached/)(error);
  });
});
