import assert from "node:assert/strict";
import { ExecuteAnswer, PluginCallAnswer, PluginFailures, PluginLogs } from "@codex/protocol";
import { withConnectedPlugin } from "../testing/connected_plugin.ts";
import { withService } from "../testing/test_service.ts";

const SECRET = "key of the administrator";
/** Of those that the plugin writes when it is to leak. */
const LAST_LINE = "Authorization: Bearer [redacted]";

Deno.test("a plugin's credentials are in no log, failure or answer", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    await service.request("PATCH", `/admin/plugins/${id}`, { credentials: { api_key: SECRET } });
    const answer = (await service.search(id, "leak")).as(ExecuteAnswer);
    assert.equal(answer.error?.message, "Refused: [redacted]");
    assert.deepEqual(answer.error?.data, { request: [{ key: "[redacted]", tries: 3 }] });
    const { failures } = (await service.request("GET", `/admin/plugins/${id}/failures`))
      .as(PluginFailures);
    assert.equal(failures[0]?.errorMessage, "Refused: [redacted]");
    // A log has a pipe of its own, so it may come after the answer.
    await service.logged(id, LAST_LINE);
    const { lines } = (await service.request("GET", `/admin/plugins/${id}/logs`)).as(PluginLogs);
    assert.deepEqual(lines.slice(-2).map(({ text }) => text), [
      "My credential is [redacted]",
      LAST_LINE,
    ]);
  });
});

Deno.test("a connection's token, and whose it is, are in no log or answer", async () => {
  await withConnectedPlugin(async (service, { id, connect, call }) => {
    const person = await connect();
    const answer = (await call(person, "sync/pullProgress", { cursor: "leak" }))
      .as(PluginCallAnswer);
    assert.ok(!answer.ok);
    assert.equal(answer.error.message, "Refused: [redacted]");
    await service.logged(id, LAST_LINE);
    const logs = (await service.request("GET", `/admin/plugins/${id}/logs`)).as(PluginLogs);
    const lines = logs.lines.map(({ text }) => text);
    assert.ok(lines.includes("I serve [redacted] of [redacted]"), lines.join("\n"));
    for (const id of [person.userId, person.connectionId]) {
      assert.ok(!lines.join("\n").includes(id));
    }
  });
});
