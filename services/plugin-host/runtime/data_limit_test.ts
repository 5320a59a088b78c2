import assert from "node:assert/strict";
import { join } from "node:path";
import { PluginFailures, type PluginId, PluginLogs, Problem } from "@codex/protocol";
import { type TestService, withService } from "../testing/test_service.ts";
import { waitUntil } from "../testing/wait_until.ts";

const MIB = 1024 * 1024;

async function withScripted(
  body: (service: TestService, id: PluginId, folder: string) => Promise<void>,
): Promise<void> {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    assert.equal((await service.search(id, "x")).status, 200);
    await body(service, id, join(service.dataRoot, id, "system"));
  });
}

/** As a plugin may within the half minute until somebody looks. */
async function fill(folder: string): Promise<void> {
  const part = new Uint8Array(26 * MIB);
  for (let number = 0; number < 10; number++) {
    await Deno.writeFile(join(folder, `part-${number}`), part);
  }
}

Deno.test("a plugin whose data folder is too full is not started, and says why, until it was emptied", async () => {
  await withScripted(async (service, id, folder) => {
    await service.deps.runtime.stop(id, "now");
    await fill(folder);
    for (let attempt = 0; attempt < 3; attempt++) {
      const refused = await service.search(id, "x");
      const { code, detail } = refused.as(Problem);
      assert.deepEqual([refused.status, code], [503, "plugin_off"]);
      assert.match(detail, /not started: its data folder holds 260 MiB, and the limit is 256 MiB/);
      assert.equal(refused.headers.get("retry-after"), "60");
    }
    const { failures, windowFailures } = (await service.request(
      "GET",
      `/admin/plugins/${id}/failures`,
    )).as(PluginFailures);
    assert.match(failures[0]?.errorMessage ?? "", /its data folder holds 260 MiB/);
    // It was one fault when the plugin filled it, if it was seen: each refused call is none.
    assert.equal(windowFailures, 0);
    await service.request("DELETE", `/admin/plugins/${id}/data`);
    assert.equal((await service.search(id, "x")).status, 200);
  });
});

Deno.test("a plugin that leaves too much behind is told of when it ends", async () => {
  await withScripted(async (service, id, folder) => {
    await fill(folder);
    await service.deps.runtime.stop(id, "now");
    let told: string | undefined;
    await waitUntil(async () => {
      const { lines } = (await service.request("GET", `/admin/plugins/${id}/logs`)).as(PluginLogs);
      told = lines.map(({ text }) => text).find((text) => /not started again/.test(text));
      return told !== undefined;
    }, "it is told");
    assert.match(told ?? "", /its data folder holds 260 MiB/);
  });
});
