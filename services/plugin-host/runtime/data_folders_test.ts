import assert from "node:assert/strict";
import { join } from "node:path";
import { PluginDataUse } from "@codex/protocol";
import { withService } from "../testing/test_service.ts";

Deno.test("a private folder is counted once its plugin put something into it", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    await service.search(id, "x");
    const root = join(service.dataRoot, id);
    const use = async () => {
      const answer = await service.request("GET", `/admin/plugins/${id}/data`);
      return answer.as(PluginDataUse).folders.map(({ connectionId, files }) => [
        connectionId,
        files,
      ]);
    };
    // Each process has found its own home and tmp there.
    assert.deepEqual(
      (await Array.fromAsync(Deno.readDir(join(root, "system")))).map(({ name }) => name).sort(),
      ["home", "tmp"],
    );
    assert.deepEqual(await use(), []);
    await Deno.writeTextFile(join(root, "system", "home", "cache"), "x");
    await Deno.writeTextFile(join(root, "system", "note"), "x");
    const connectionId = crypto.randomUUID();
    const ofConnection = join(root, "users", crypto.randomUUID(), connectionId);
    await Deno.mkdir(ofConnection, { recursive: true });
    await Deno.writeTextFile(join(ofConnection, "note"), "x");
    assert.deepEqual(await use(), [[null, 2], [connectionId, 1]]);
  });
});

Deno.test("an administrator sees what data folders take, and empties them", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    await service.search(id, "x");
    await Deno.writeFile(
      join(service.dataRoot, id, "system", "home", "cache"),
      new Uint8Array(100_000),
    );
    const connectionId = crypto.randomUUID();
    const ofConnection = join(service.dataRoot, id, "users", crypto.randomUUID(), connectionId);
    await Deno.mkdir(ofConnection, { recursive: true });
    await Deno.writeFile(join(ofConnection, "cache"), new Uint8Array(50_000));
    const path = `/admin/plugins/${id}/data`;
    const before = (await service.request("GET", path)).as(PluginDataUse);
    const bytesOf = (connection: string | null) =>
      Math.max(
        ...before.folders.filter((it) => it.connectionId === connection).map((it) => it.bytes),
      );
    assert.ok(bytesOf(null) >= 100_000 && bytesOf(null) < 200_000, `${bytesOf(null)}`);
    assert.ok(bytesOf(connectionId) >= 50_000 && bytesOf(connectionId) < 100_000);
    assert.ok(before.totalBytes >= 150_000 && before.limitBytes > before.totalBytes);
    const after = (await service.request("DELETE", path)).as(PluginDataUse);
    assert.deepEqual([after.folders, after.totalBytes], [[], 0]);
    assert.equal((await service.plugin("scripted")).state, "stopped");
    assert.ok(service.auth.audit.some(({ action }) => action === "plugin.data_removed"));
    assert.equal((await service.search(id, "x")).status, 200);
  });
});
