import assert from "node:assert/strict";
import fc from "fast-check";
import { RpcError, TransportError } from "./errors.ts";
import { isJsonObject } from "./framing.ts";
import { shapeOf } from "./json_shape.ts";
import { errorLine, readReply, successLine } from "./reply.ts";

function read(text: string) {
  const message: unknown = JSON.parse(text);
  assert.ok(isJsonObject(message));
  return readReply(message, shapeOf(text).depth);
}

Deno.test("a result of any type is taken as it is", () => {
  for (const result of [null, 0, "", false, [], { a: 1 }]) {
    assert.deepEqual(read(JSON.stringify({ id: 1, result })), { ok: true, result });
  }
});

Deno.test("error null beside a result is no error", () => {
  assert.deepEqual(read('{"id":1,"result":5,"error":null}'), { ok: true, result: 5 });
});

Deno.test("an error keeps its code, message and data", () => {
  const reply = read(
    '{"id":1,"error":{"code":-32001,"message":"Slow","data":{"retryAfterSeconds":3}}}',
  );
  assert.ok(!reply.ok && reply.error instanceof RpcError);
  assert.equal(reply.error.code, -32001);
  assert.equal(reply.error.message, "Slow");
  assert.deepEqual(reply.error.data, { retryAfterSeconds: 3 });
});

Deno.test("malformed errors and replies without content are protocol faults", () => {
  for (
    const text of [
      '{"id":1}',
      '{"id":1,"error":"boom"}',
      '{"id":1,"error":[]}',
      '{"id":1,"error":{}}',
      '{"id":1,"error":{"code":"-32001","message":"x"}}',
      '{"id":1,"error":{"code":1.5,"message":"x"}}',
      '{"id":1,"error":{"code":1e999,"message":"x"}}',
      '{"id":1,"__proto__":{"result":1}}',
      `{"id":1,"result":${"[".repeat(2000)}${"]".repeat(2000)}}`,
    ]
  ) {
    const reply = read(text);
    assert.ok(!reply.ok && reply.error instanceof TransportError, text);
    assert.equal(reply.error.kind, "protocol");
  }
});

Deno.test("an error message of any type and size becomes a bounded text", () => {
  for (const message of [undefined, null, 7, {}, "x".repeat(100_000)]) {
    const reply = read(JSON.stringify({ id: 1, error: { code: -1, message } }));
    assert.ok(!reply.ok && reply.error instanceof RpcError);
    assert.ok(reply.error.message.length > 0 && reply.error.message.length <= 4096);
  }
});

Deno.test("any JSON object as a reply never throws", () => {
  const key = fc.oneof(
    fc.constantFrom("result", "error", "code", "message", "__proto__"),
    fc.string(),
  );
  fc.assert(fc.property(fc.dictionary(key, fc.jsonValue()), (object) => {
    read(JSON.stringify(object));
  }));
});

Deno.test("an answer to a reverse call echoes the id exactly and hides what is no RpcError", () => {
  assert.deepEqual(JSON.parse(successLine("a", undefined)), {
    jsonrpc: "2.0",
    id: "a",
    result: null,
  });
  assert.deepEqual(JSON.parse(errorLine(3, new Error("postgres://user:secret@host"))), {
    jsonrpc: "2.0",
    id: 3,
    error: { code: -32603, message: "Internal error" },
  });
  assert.deepEqual(JSON.parse(errorLine(3, new RpcError(-32602, "No", { limit: 1 }))).error, {
    code: -32602,
    message: "No",
    data: { limit: 1 },
  });
});
