import assert from "node:assert/strict";
import { connectionFailure, readBodyText } from "./http.ts";

Deno.test("a body is read whole, whatever way its characters are cut", async () => {
  const bytes = new TextEncoder().encode("naïve ☃");
  const pieces = [...bytes].map((byte) => new Uint8Array([byte]));
  const response = new Response(ReadableStream.from(pieces));
  assert.equal(await readBodyText("Test", response, bytes.length), "naïve ☃");
  assert.equal(await readBodyText("Test", new Response(null), 0), "");
});

Deno.test("a body over the bound is given up while it streams", async () => {
  let sent = 0;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(1024).fill(++sent)),
  });
  await assert.rejects(readBodyText("Test", new Response(endless), 10_000), {
    code: -32004,
    message: "Test answered 200: more than 10000 bytes",
  });
  assert.ok(sent < 20);
});

Deno.test("a timeout, a host not granted and a broken connection are told apart", () => {
  const url = "https://api.example.org/path";
  const denied = Object.assign(new Error("Requires net access"), { name: "NotCapable" });
  const failures = [
    connectionFailure("Test", url, new Error("aborted"), true),
    connectionFailure("Test", url, denied, false),
    connectionFailure("Test", url, new TypeError("refused"), false),
  ];
  assert.deepEqual(failures.map(({ code, message }) => [code, message]), [
    [-32004, "Test didn't answer in time"],
    [-32005, 'Network access to "api.example.org" is not granted'],
    [-32004, "Test can't be reached: refused"],
  ]);
});
