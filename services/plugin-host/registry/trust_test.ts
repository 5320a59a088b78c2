import assert from "node:assert/strict";
import { join } from "node:path";
import { ExecuteAnswer, type PluginId, PluginSummary, Problem } from "@codex/protocol";
import { type ManifestChange, type TestService, withService } from "../testing/test_service.ts";
import { waitUntil } from "../testing/wait_until.ts";

async function withGranted(
  body: (service: TestService, id: PluginId) => Promise<void>,
  manifest: ManifestChange = {},
): Promise<void> {
  await withService(async (service) => {
    await service.install("scripted", manifest);
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted", []);
    await service.search(id, "x");
    await body(service, id);
  });
}

/** Changes the manifest and starts the plugin anew, as an update does. */
async function update(service: TestService, id: PluginId, change: ManifestChange): Promise<void> {
  const { manifest } = await service.plugin("scripted");
  await service.changeManifest("scripted", change);
  await service.deps.runtime.stop(id, "now");
  assert.equal((await service.search(id, "x")).status, 200);
  // The manifest of a start is noted beside the call that caused it.
  const noted = JSON.stringify(manifest);
  await waitUntil(
    async () => JSON.stringify((await service.plugin("scripted")).manifest) !== noted,
    "the new manifest is noted",
  );
}

async function firstTitle(service: TestService, id: PluginId, query: string): Promise<string> {
  const answer = (await service.search(id, query)).as(ExecuteAnswer);
  return Object(answer.result).results[0].title;
}

const summaryOf = async (service: TestService, id: PluginId) =>
  (await service.request("GET", `/internal/plugins/${id}`, undefined, {
    service: "auth",
    subject: null,
  })).as(PluginSummary);

Deno.test("a new version is noted, needs no approval and is what others see", async () => {
  await withGranted(async (service, id) => {
    await update(service, id, { version: "1.1.0", description: "Better" });
    const plugin = await service.plugin("scripted");
    assert.equal(plugin.state, "running");
    assert.deepEqual(plugin.pendingChanges, []);
    assert.deepEqual(plugin.notedChanges, ["Version 1.0.0 → 1.1.0"]);
    assert.equal(plugin.grantedVersion, "1.0.0");
    assert.equal((await summaryOf(service, id)).manifest?.version, "1.1.0");
    await service.grant("scripted", []);
    assert.deepEqual((await service.plugin("scripted")).notedChanges, []);
  });
});

Deno.test("a new capability waits for approval: what was granted goes on, the new is refused", async () => {
  await withGranted(async (service, id) => {
    await update(service, id, {
      version: "2.0.0",
      capabilities: { metadataProvider: ["series", "book"] },
      network: ["example.com", "new.example"],
    });
    const plugin = await service.plugin("scripted");
    assert.equal(plugin.state, "needs_approval");
    assert.deepEqual(plugin.pendingChanges, [
      'Now asks for the network host "new.example"',
      'capabilities.metadataProvider: ["series"] → ["book","series"]',
    ]);
    assert.match(plugin.stateReason ?? "", /new\.example/);
    assert.deepEqual(plugin.scopes, ["series:detail", "series:bulk", "library:detail"]);
    const book = await service.request("POST", `/plugins/${id}/execute`, {
      action: { metadata: { action: "search", contentType: "book", params: { query: "x" } } },
    });
    assert.deepEqual([book.status, book.as(Problem).code], [400, "bad_request"]);
    assert.notEqual(await firstTitle(service, id, "reach"), "granted");
    const summary = await summaryOf(service, id);
    assert.deepEqual([summary.manifest?.version, summary.usable], ["1.0.0", true]);
    await service.grant("scripted");
    assert.equal(await firstTitle(service, id, "reach"), "granted");
    assert.deepEqual((await service.plugin("scripted")).pendingChanges, []);
  });
});

Deno.test("another OAuth endpoint is not used before it is approved", async () => {
  const oauth = {
    authorizationUrl: "https://provider.example/authorize",
    tokenUrl: "https://provider.example/token",
  };
  await withGranted(async (service, id) => {
    await update(service, id, { oauth: { ...oauth, tokenUrl: "https://evil.example/token" } });
    const plugin = await service.plugin("scripted");
    assert.equal(plugin.state, "needs_approval");
    assert.match(plugin.pendingChanges.join(), /^oauth\.tokenUrl: .*evil\.example/);
    const { manifest } = await summaryOf(service, id);
    assert.equal(manifest?.oauth?.tokenUrl, oauth.tokenUrl);
  }, { oauth });
});

Deno.test("a plugin that goes back to what was granted needs no approval any more", async () => {
  await withGranted(async (service, id) => {
    await update(service, id, { permissions: ["metadata:write:*"] });
    assert.equal((await service.plugin("scripted")).state, "needs_approval");
    await update(service, id, { permissions: ["metadata:write:title"] });
    assert.equal((await service.plugin("scripted")).state, "running");
  });
});

Deno.test("another command in the file is neither run nor given secrets before it is granted", async () => {
  await withGranted(async (service, id) => {
    const folder = join(service.plugins, "scripted");
    await service.request("PATCH", `/admin/plugins/${id}`, { credentials: { api_key: "abcd" } });
    await Deno.copyFile(join(folder, "main.ts"), join(folder, "other.ts"));
    await Deno.writeTextFile(
      join(folder, "codex-plugin.json"),
      JSON.stringify({ name: "scripted", entry: "other.ts" }),
    );
    await service.request("POST", "/admin/plugins/reload");
    const plugin = await service.plugin("scripted");
    assert.equal(plugin.state, "needs_approval");
    assert.deepEqual(plugin.pendingChanges, ["Command: deno main.ts → deno other.ts"]);
    assert.equal(await firstTitle(service, id, "module"), "main.ts");
    let asked = 0;
    const { getPluginSecrets } = service.auth;
    service.auth.getPluginSecrets = (context, pluginId) => {
      asked++;
      return getPluginSecrets(context, pluginId);
    };
    await service.request("POST", `/admin/plugins/${id}/test`);
    assert.equal(asked, 0);
    await service.grant("scripted", []);
    assert.equal(await firstTitle(service, id, "module"), "other.ts");
    assert.equal(asked, 1);
  });
});

Deno.test("a name that the administrator gave survives a reload, the file's new one doesn't wait", async () => {
  await withGranted(async (service, id) => {
    await service.request("PATCH", `/admin/plugins/${id}`, { displayName: "Ours" });
    await service.request("POST", "/admin/plugins/reload");
    assert.equal((await service.plugin("scripted")).displayName, "Ours");
    await Deno.writeTextFile(
      join(service.plugins, "scripted", "codex-plugin.json"),
      JSON.stringify({ name: "scripted", displayName: "Theirs", entry: "main.ts" }),
    );
    await service.request("POST", "/admin/plugins/reload");
    assert.equal((await service.plugin("scripted")).displayName, "Theirs");
  });
});

Deno.test("endpoints of two domains are shown, and granted only when accepted by name", async () => {
  await withService(async (service) => {
    const oauth = {
      authorizationUrl: "https://login.example.org/authorize",
      tokenUrl: "https://tokens.example.net/token",
    };
    await service.install("scripted", { oauth });
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.plugin("scripted");
    await service.request("POST", `/admin/plugins/${id}/test`);
    const shown = await service.plugin("scripted");
    assert.deepEqual(shown.warnings.map(({ name }) => name), ["oauth-domain:tokens.example.net"]);
    const grant = (more: object) =>
      service.request("POST", `/admin/plugins/${id}/grant`, {
        permissions: [],
        network: [],
        acceptManifest: shown.manifestDigest,
        ...more,
      });
    for (const more of [{}, { acceptWarnings: ["oauth-domain:example.org"] }]) {
      const refused = await grant(more);
      assert.equal(refused.status, 422);
      assert.match(
        refused.as(Problem).detail ?? "",
        /sent to "tokens.example.net".*acceptWarnings/,
      );
    }
    assert.equal((await service.plugin("scripted")).state, "discovered");
    const granted = await grant({ acceptWarnings: ["oauth-domain:tokens.example.net"] });
    assert.equal(granted.status, 200);
    // Another receiver is another manifest, and another name.
    await update(service, id, { oauth: { ...oauth, tokenUrl: "https://else.example.net/token" } });
    const changed = await service.plugin("scripted");
    assert.equal(changed.state, "needs_approval");
    assert.deepEqual(changed.warnings.map(({ name }) => name), ["oauth-domain:else.example.net"]);
  });
});
