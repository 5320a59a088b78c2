import assert from "node:assert/strict";
import { withService } from "../testing/test_service.ts";

Deno.test("a process that starts while the enabled plugins are read is not taken for one of a plugin that is off", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    const { runtime } = service.deps;
    await runtime.keepOnly(async () => {
      assert.equal((await service.search(id, "x")).status, 200);
      return new Map();
    });
    assert.equal(runtime.statusOf(id).state, "running");
    await runtime.keepOnly(() => Promise.resolve(new Map()));
    assert.equal(runtime.statusOf(id).state, "stopped");
  });
});
