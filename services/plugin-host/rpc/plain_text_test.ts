import assert from "node:assert/strict";
import { plainText } from "./plain_text.ts";

Deno.test("control characters and half surrogates are replaced, line breaks and tabs are kept", () => {
  assert.equal(plainText("a\0b\x1b[2Jc\td\r\ne", 100), "a\ufffdb\ufffd[2Jc\td\r\ne");
  assert.equal(plainText("\ud83d", 100), "\ufffd");
  assert.equal(plainText("🦊🦊", 3), "🦊\ufffd");
});
