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
