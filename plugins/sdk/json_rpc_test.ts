import assert from "node:assert/strict";
import { parseMessage } from "./json_rpc.ts";

Deno.test("a message with method and id is a request, whatever else it carries", () => {
  const line = '{"jsonrpc":"2.0","id":"a","method":"ping","params":{"x":1},"result":null,"new":1}';
  assert.deepEqual(parseMessage(line), {
    kind: "request",
    id: "a",
    method: "ping",
    params: { x: 1 },
  });
});

Deno.test("a message with method and no id is a notification", () => {
  assert.deepEqual(parseMessage('{"method":"$/cancelRequest","params":{"id":1}}'), {
    kind: "notification",
    method: "$/cancelRequest",
    params: { id: 1 },
  });
});

Deno.test("a message with an id and no method is a reply, even without jsonrpc", () => {
  assert.deepEqual(parseMessage('{"id":0,"result":null}'), { kind: "result", id: 0, result: null });
  const error = { code: -32002, message: "Gone", data: { why: 1 } };
  assert.deepEqual(parseMessage(JSON.stringify({ id: 7, error })), { kind: "error", id: 7, error });
});

Deno.test("a malformed error object reads as an internal error", () => {
  assert.deepEqual(parseMessage('{"id":7,"error":"boom"}'), {
    kind: "error",
    id: 7,
    error: { code: -32603, message: "Unreadable error" },
  });
});

Deno.test("a reply without an id is stray, a call with a bad id or method is invalid", () => {
  assert.equal(parseMessage('{"result":1}').kind, "stray");
  assert.equal(parseMessage('{"id":null,"error":{}}').kind, "stray");
  for (const line of ['{"id":null,"method":"ping"}', '{"id":{},"method":"ping"}']) {
    const message = parseMessage(line);
    assert.ok(message.kind === "invalid" && message.error.code === -32600 && message.id === null);
  }
  const message = parseMessage('{"id":3,"method":7}');
  assert.ok(message.kind === "invalid" && message.error.code === -32600 && message.id === 3);
});

Deno.test("what is no JSON is a parse error, what is no object an invalid request", () => {
  const expected = [["{", -32700], ["[]", -32600], ["1", -32600], ["null", -32600]] as const;
  for (const [line, code] of expected) {
    const message = parseMessage(line);
    assert.ok(message.kind === "invalid" && message.error.code === code, line);
  }
});
