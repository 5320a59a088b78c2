import assert from "node:assert/strict";
import { createOutput } from "./output.ts";

function record(readable: boolean) {
  const written: string[] = [];
  const write = (stream: string) => (text: string) => void written.push(`${stream} ${text}`);
  const output = createOutput({ readable, stdout: write("out"), stderr: write("err") });
  return { output, written };
}

const LINE = JSON.stringify({
  "@timestamp": "2026-01-02T03:04:05.678Z",
  level: "WARN",
  message: "Slow route /x",
  logger: "codex.auth",
  ms: 12,
  route: "/x",
});

Deno.test("for people a log record is one short line with its service", () => {
  const { output, written } = record(true);
  output.relay("auth", LINE, "stdout");
  output.relay("plugin-host", "plain", "stderr");
  output.relay("auth", '{"message": broken', "stdout");
  assert.deepEqual(written, [
    "out auth         03:04:05 WARN Slow route /x ms=12\n",
    "err plugin-host  plain\n",
    'out auth         {"message": broken\n',
  ]);
});

Deno.test("for programs a log record stays as it is", () => {
  const { output, written } = record(false);
  output.relay("auth", LINE, "stdout");
  output.relay("auth", "plain", "stdout");
  assert.deepEqual(written, [`out ${LINE}\n`, "out auth         plain\n"]);
});

Deno.test("nothing that a log quotes steers the terminal or passes for another line", () => {
  const { output, written } = record(true);
  const path = "/x\u001b[31m\u0000\u009b2J\r\n12:00:00 forged";
  output.relay("gateway", JSON.stringify({ message: "Request", path }), "stdout");
  output.relay("gateway", "plain \u001b]0;title\u0007", "stderr");
  assert.deepEqual(written, [
    "out gateway      Request path=/x\\u001b[31m\\u0000\\u009b2J\\u000d\n" +
    "             12:00:00 forged\n",
    "err gateway      plain \\u001b]0;title\\u0007\n",
  ]);
});

Deno.test("a value that the message quotes is not told again", () => {
  const { output, written } = record(true);
  const reason = 'no answer to "search"';
  const message = `It failed: ${JSON.stringify(reason)}`;
  output.relay("plugin-host", JSON.stringify({ message, reason }), "stdout");
  assert.deepEqual(written, [`out plugin-host  ${message}\n`]);
});
