import assert from "node:assert/strict";
import fc from "fast-check";
import { assertFastEnough } from "../testing/fast_enough.ts";
import { createLineRedact, createRedact, REDACTED, redactJson } from "./redaction.ts";

const SECRET = "s3cr3t/+&of the plugin";

Deno.test("a known secret goes in every form it is used in", () => {
  const redact = createRedact([SECRET, "first line of a key\nsecond line of a key"]);
  const encoded = new TextEncoder().encode(SECRET).toBase64();
  for (
    const line of [
      `before ${SECRET} after`,
      `{"key":${JSON.stringify(SECRET)}}`,
      `GET /?key=${encodeURIComponent(SECRET)}`,
      `decoded ${encoded}`,
      "second line of a key",
    ]
  ) {
    const told = redact(line);
    assert.ok(told.includes(REDACTED), line);
    for (const form of [SECRET, encodeURIComponent(SECRET), encoded.slice(0, -2), "second line"]) {
      assert.ok(!told.includes(form), told);
    }
  }
});

Deno.test("what looks like a token goes, and what explains a fault stays", () => {
  const redact = createRedact([]);
  const jwt = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl";
  const hidden: readonly (readonly [string, string])[] = [
    [`got ${jwt}`, jwt],
    ["Authorization: Bearer abcdef123456", "abcdef123456"],
    ["authorization: basic dXNlcjpwYXNz", "dXNlcjpwYXNz"],
    ["connect postgres://me:hunter2@db/x", "hunter2"],
    ["GET /?access_token=abcd1234&x=1", "abcd1234"],
    ['{"apiKey":"abcd1234"}', "abcd1234"],
    ["X-Api-Key: abcd-1234", "abcd-1234"],
    ["client_secret = abcd1234", "abcd1234"],
    ["found k3yAbCdEfGhIjKlMnOpQrStUvWxYz0123456", "k3yAbC"],
    ["digest 0123456789abcdef0123456789abcdef", "0123456789abcdef"],
  ];
  for (const [line, secret] of hidden) {
    const told = redact(line);
    assert.ok(told.includes(REDACTED) && !told.includes(secret), told);
  }
  for (
    const line of [
      "Searched for The Lord of the Rings, 12 results in 340 ms",
      "GET https://openlibrary.org/works/OL45804W.json 404",
      "connection 123e4567-e89b-12d3-a456-426614174000 has no token: undefined",
      "TypeError: can't read property of undefined at file:///plugins/x/main.ts:10:3",
    ]
  ) assert.equal(redact(line), line);
});

Deno.test("no secret survives wherever it stands in a text", () => {
  fc.assert(fc.property(
    fc.string({ minLength: 4, maxLength: 40 }).filter((it) => it.trim().length >= 4),
    fc.string(),
    fc.string(),
    (secret, before, after) => {
      const told = createRedact([secret])(before + secret + after);
      // What is put in its place may spell a very short one.
      assert.ok(!told.replaceAll(REDACTED, "\0").includes(secret));
    },
  ));
});

Deno.test("a line is cut without leaving the first part of a secret", () => {
  const secret = "abcdefghijklmnop";
  const redact = createLineRedact([secret], 100);
  for (let start = 80; start < 120; start++) {
    const line = redact("x".repeat(start) + secret + " and more".repeat(50));
    assert.ok(line.length <= 100);
    assert.ok(!line.includes("abc"), line);
  }
  assert.equal(redact("short"), "short");
});

Deno.test("hostile text costs no more than its length", async () => {
  const redact = createRedact([]);
  const pieces = ["eyJ", "-eyJaaaaaa.", "token", "tokens ", "bearer ", "://", "a1B-", "0f", "::="];
  for (const piece of pieces) {
    const time = (length: number) => {
      const text = piece.repeat(length / piece.length);
      const startedAt = performance.now();
      redact(text);
      return performance.now() - startedAt;
    };
    time(10_000);
    await assertFastEnough(250, () => time(200_000), piece);
  }
});

Deno.test("texts anywhere in JSON are redacted, and JSON without end is not walked", () => {
  const redact = createRedact(["abcd1234"]);
  assert.deepEqual(redactJson(redact, { a: ["is abcd1234", 7, null], b: { c: true } }), {
    a: [`is ${REDACTED}`, 7, null],
    b: { c: true },
  });
  assert.equal(redactJson(redact, undefined), undefined);
  assert.equal(redactJson(redact, Array.from({ length: 500_000 }, () => "abcd1234")), undefined);
  assert.equal(redactJson(redact, "x".repeat(100_000)), undefined);
});
