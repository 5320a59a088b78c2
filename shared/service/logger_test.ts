import assert from "node:assert/strict";
import { type Logger, startLogging, stopLogging } from "./logger.ts";

/** What a service that logs so writes, line by line. */
async function linesOf(write: (logger: Logger) => void): Promise<Record<string, unknown>[]> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => void lines.push(line);
  try {
    write(await startLogging("auth", "info"));
    await stopLogging();
  } finally {
    console.log = log;
  }
  return lines.map((line) => JSON.parse(line));
}

Deno.test("a line tells its time, level, message and logger, with the properties beside them", async () => {
  const before = Date.now();
  const [line, ...more] = await linesOf((logger) => {
    logger.warn("Plugin {plugin} is {state} after {starts} starts: {reason}", {
      plugin: "echo",
      state: "stopped",
      starts: 3,
      reason: { code: 'of "this" kind' },
    });
    logger.debug("Nobody asked for this");
  });
  assert.deepEqual(more, []);
  const { "@timestamp": at, ...rest } = line!;
  assert.ok(Date.parse(String(at)) >= before);
  assert.deepEqual(rest, {
    level: "WARN",
    message: 'Plugin echo is stopped after 3 starts: {"code":"of \\"this\\" kind"}',
    logger: "codex.auth",
    plugin: "echo",
    state: "stopped",
    starts: 3,
    reason: { code: 'of "this" kind' },
  });
});

Deno.test("no property takes the place of a line's own field", async () => {
  const properties = {
    "@timestamp": "never",
    level: "debug",
    message: "All is well",
    logger: "somebody else",
    properties: { nested: true },
  };
  const [line] = await linesOf((logger) => logger.error("It failed", { ...properties, id: 1 }));
  const { "@timestamp": at, ...rest } = line!;
  assert.notEqual(at, "never");
  assert.deepEqual(rest, {
    level: "ERROR",
    message: "It failed",
    logger: "codex.auth",
    id: 1,
    properties,
  });
});

Deno.test("secrets are written nowhere: by name, in a URL, as a token, also where a name is taken", async () => {
  const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl";
  const lines = await linesOf((logger) =>
    logger.info("At {url}", {
      url: "postgres://codex:hunter2@db/codex",
      password: "hunter2",
      message: { accessToken: "hunter2" },
      text: `Bearer ${jwt}`,
    })
  );
  const text = JSON.stringify(lines);
  assert.ok(!text.includes("hunter2") && !text.includes(jwt), text);
});
