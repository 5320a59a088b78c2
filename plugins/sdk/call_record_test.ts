import assert from "node:assert/strict";
import { CALL_RECORD_FILE, CallRecord, redact, REDACTED } from "./call_record.ts";
import { createSyncPlugin } from "./sync_plugin.ts";
import { startTestHost } from "./testing.ts";

Deno.test("secrets are redacted wherever they occur", () => {
  const secrets = ["s3cret", "s3cret-longer", "ab"];
  assert.deepEqual(
    redact({
      text: "Bearer s3cret-longer and s3cret",
      list: ["s3cret", 1, null, true, { deep: "xs3cretx" }],
      "name of s3cret": 1,
      short: "ab",
      harmless: "cabbage",
    }, secrets),
    {
      text: `Bearer ${REDACTED} and ${REDACTED}`,
      list: [REDACTED, 1, null, true, { deep: `x${REDACTED}x` }],
      [`name of ${REDACTED}`]: 1,
      short: REDACTED,
      harmless: "cabbage",
    },
  );
});

Deno.test("what stands under the name of a secret is redacted, known or not", () => {
  assert.deepEqual(
    redact({
      access_token: "unknown",
      clientSecret: { deep: ["unknown", 5] },
      apiKey: "unknown",
      passWord: null,
      title: "The Token of Love",
    }, []),
    {
      access_token: REDACTED,
      clientSecret: { deep: [REDACTED, REDACTED] },
      apiKey: REDACTED,
      passWord: null,
      title: "The Token of Love",
    },
  );
  assert.deepEqual(redact({ pin: 1234 }, ["1234"]), { pin: REDACTED });
  assert.equal(redact(undefined, []), null);
});

Deno.test("calls are kept in order, a line each, without the token", async () => {
  const dataDir = await Deno.makeTempDir();
  let record: CallRecord | undefined;
  const plugin = createSyncPlugin({
    manifest: { name: "t", displayName: "T", version: "1.0.0", description: "", author: "" },
    onInitialize: async (session) => {
      record = new CallRecord(session);
      await record.noteSession();
    },
    getUserInfo: () => ({ externalId: "1", username: "u" }),
    pushProgress: () => ({}),
    pullProgress: async (params) => {
      await record?.note("sync/pullProgress", params);
      return { entries: [] };
    },
  });
  const host = await startTestHost(plugin, {
    dataDir,
    credentials: { access_token: "very-secret" },
    userConfig: { note: "my token is very-secret" },
  });
  await Promise.all([
    host.call("sync/pullProgress", { cursor: "1" }),
    host.call("sync/pullProgress", { cursor: "very-secret" }),
  ]);
  await host.stop();
  const text = await Deno.readTextFile(`${dataDir}/${CALL_RECORD_FILE}`);
  await Deno.remove(dataDir, { recursive: true });
  assert.equal(text.includes("very-secret"), false);
  const lines = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(lines.map(({ number, method }) => [number, method]), [
    [1, "initialize"],
    [2, "sync/pullProgress"],
    [3, "sync/pullProgress"],
  ]);
  assert.deepEqual(lines[0].params, {
    adminConfig: {},
    userConfig: { note: `my token is ${REDACTED}` },
    credentials: REDACTED_CREDENTIALS,
  });
  assert.deepEqual(lines[2].params, { cursor: REDACTED });
});

const REDACTED_CREDENTIALS = { access_token: REDACTED };

Deno.test("a record that can't be written is told in the log and fails no call", async () => {
  const plugin = createSyncPlugin({
    manifest: { name: "t", displayName: "T", version: "1.0.0", description: "", author: "" },
    onInitialize: (session) => new CallRecord(session).noteSession(),
    getUserInfo: () => ({ externalId: "1", username: "u" }),
    pushProgress: () => ({}),
    pullProgress: () => ({ entries: [] }),
  });
  const host = await startTestHost(plugin, { dataDir: "/nonexistent" });
  await host.stop();
  assert.match(host.log.join("\n"), /could not be recorded/);
});
