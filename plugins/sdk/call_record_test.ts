import assert from "node:assert/strict";
import { CallRecord, readCalls, redact, REDACTED } from "./call_record.ts";
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

function recordedPlugin() {
  let record: CallRecord | undefined;
  return createSyncPlugin({
    manifest: { name: "t", displayName: "T", version: "1.0.0", description: "", author: "" },
    onInitialize: (session) => {
      record = new CallRecord(session);
      record.noteSession();
    },
    getUserInfo: () => ({ externalId: "1", username: "u" }),
    pushProgress: () => ({}),
    pullProgress: (params) => {
      record?.note("sync/pullProgress", params);
      return { entries: [] };
    },
  });
}

Deno.test("calls are told in the log in order, a line each, without the token", async () => {
  const host = await startTestHost(recordedPlugin(), {
    credentials: { access_token: "very-secret" },
    userConfig: { note: "my token is very-secret" },
  });
  await Promise.all([
    host.call("sync/pullProgress", { cursor: "1" }),
    host.call("sync/pullProgress", { cursor: "very-secret" }),
  ]);
  await host.stop();
  assert.equal(host.log.join("\n").includes("very-secret"), false);
  const calls = readCalls(host.log);
  assert.deepEqual(calls.map(({ number, method }) => [number, method]), [
    [1, "initialize"],
    [2, "sync/pullProgress"],
    [3, "sync/pullProgress"],
  ]);
  assert.deepEqual(calls[0]?.params, {
    adminConfig: {},
    userConfig: { note: `my token is ${REDACTED}` },
    credentials: { access_token: REDACTED },
  });
  assert.deepEqual(calls[2]?.params, { cursor: REDACTED });
});

Deno.test("no call is told unless the log is to hold everything", async () => {
  const host = await startTestHost(recordedPlugin(), { logLevel: "info" });
  await host.call("sync/pullProgress");
  await host.stop();
  assert.deepEqual(readCalls(host.log), []);
});
