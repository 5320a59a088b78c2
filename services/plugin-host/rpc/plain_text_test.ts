import assert from "node:assert/strict";
import { plainLine, plainText } from "./plain_text.ts";

Deno.test("control characters and half surrogates are replaced, line breaks and tabs are kept", () => {
  assert.equal(plainText("a\0b\x1b[2Jc\td\r\ne", 100), "a\ufffdb\ufffd[2Jc\td\r\ne");
  assert.equal(plainText("\ud83d", 100), "\ufffd");
  assert.equal(plainText("🦊🦊", 3), "🦊\ufffd");
});

Deno.test("the styles of a line go without a trace, what else steers a terminal is replaced", () => {
  const line = "\x1b[0m\x1b[1m\x1b[38;5;245merror\x1b[0m: \x1b]0;title\x07 \x1b[2J";
  assert.equal(plainLine(line, 100), "error: \ufffd]0;title\ufffd \ufffd[2J");
  assert.equal(plainLine("x".repeat(50), 10), "x".repeat(10));
});
