import assert from "node:assert/strict";
import {
  PluginActions,
  PluginList,
  PluginSummaryList,
  Problem,
  SERVICE_NAMES,
} from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { withService } from "../testing/test_service.ts";

const ID = "00000000-0000-4000-8000-000000000001";

const ADMIN_CALLS = [
  ["GET", "/admin/plugins"],
  ["POST", "/admin/plugins"],
  ["POST", "/admin/plugins/reload"],
  ["GET", `/admin/plugins/${ID}`],
  ["PATCH", `/admin/plugins/${ID}`],
  ["DELETE", `/admin/plugins/${ID}`],
  ["POST", `/admin/plugins/${ID}/enable`],
  ["POST", `/admin/plugins/${ID}/disable`],
  ["POST", `/admin/plugins/${ID}/reset`],
  ["POST", `/admin/plugins/${ID}/test`],
  ["POST", `/admin/plugins/${ID}/grant`],
  ["GET", `/admin/plugins/${ID}/health`],
  ["GET", `/admin/plugins/${ID}/failures`],
  ["GET", `/admin/plugins/${ID}/logs`],
  ["GET", `/admin/plugins/${ID}/storage`],
  ["GET", `/admin/plugins/${ID}/egress`],
  ["GET", `/admin/plugins/${ID}/egress/hosts`],
  ["GET", "/metrics/plugins"],
] as const;

const bodyOf = (method: string) => method === "GET" || method === "DELETE" ? undefined : {};

Deno.test("without an identity token nothing is served but health", async () => {
  await withService(async ({ app }) => {
    for (const [method, path] of ADMIN_CALLS) {
      assert.equal((await app.request(`/api/v1${path}`, { method })).status, 401, path);
    }
    for (const path of ["/internal/plugins", `/internal/plugins/${ID}`]) {
      assert.equal((await app.request(path)).status, 401, path);
    }
    for (const path of [`/internal/connections/${ID}`, `/internal/users/${ID}`]) {
      assert.equal((await app.request(path, { method: "DELETE" })).status, 401, path);
    }
    assert.equal((await app.request("/health/live")).status, 200);
  });
});

Deno.test("the administrator's calls are refused to everyone else", async () => {
  await withService(async ({ request }) => {
    for (const [method, path] of ADMIN_CALLS) {
      for (const role of ["reader", "maintainer"] as const) {
        const refused = await request(method, path, bodyOf(method), { subject: testSubject(role) });
        assert.equal(refused.status, 403, `${method} ${path} ${role}`);
      }
      const nobody = await request(method, path, bodyOf(method), { subject: null });
      assert.equal(nobody.status, 401, `${method} ${path}`);
      for (const service of ["library", "sync"] as const) {
        assert.equal((await request(method, path, bodyOf(method), { service })).status, 403);
      }
    }
  });
});

Deno.test("adding, changing, granting and deleting need a password entered just now", async () => {
  await withService(async ({ request }) => {
    const subject = { ...testSubject("admin"), fresh: false };
    for (
      const [method, path] of [
        ["POST", "/admin/plugins"],
        ["PATCH", `/admin/plugins/${ID}`],
        ["DELETE", `/admin/plugins/${ID}`],
        ["POST", `/admin/plugins/${ID}/grant`],
      ] as const
    ) {
      const refused = await request(method, path, bodyOf(method), { subject });
      assert.equal(refused.as(Problem).code, "fresh_authentication_required", `${method} ${path}`);
    }
  });
});

Deno.test("the internal routes take only the services that need them", async () => {
  await withService(async ({ app, identities }) => {
    const ask = async (service: (typeof SERVICE_NAMES)[number], method: string, path: string) => {
      const headers = await identities.headers(service, "plugin-host");
      return (await app.request(path, { method, headers })).status;
    };
    for (const service of SERVICE_NAMES) {
      const reads = ["gateway", "auth", "library", "sync"].includes(service);
      assert.equal(await ask(service, "GET", "/internal/plugins"), reads ? 200 : 403, service);
      const purge = await ask(service, "DELETE", `/internal/connections/${ID}`);
      assert.equal(purge, service === "auth" ? 200 : 403, service);
      const withdraw = await ask(service, "POST", `/internal/connections/${ID}/withdraw`);
      assert.equal(withdraw, service === "auth" ? 400 : 403, service);
    }
  });
});

Deno.test("every user sees what can be run where, and services see no command or secret", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const actions = async () =>
      (await service.request("GET", "/plugins/actions?scope=series:detail", undefined, {
        subject: testSubject("reader"),
      })).as(PluginActions).actions;
    assert.deepEqual(await actions(), []);
    const { id } = await service.grant("scripted");
    assert.deepEqual((await actions()).map(({ pluginId }) => pluginId), [id]);
    const { plugins } = (await service.request("GET", "/internal/plugins", undefined, {
      service: "library",
      subject: null,
    })).as(PluginSummaryList);
    assert.deepEqual(plugins.map((it) => [it.name, it.usable]), [["scripted", true]]);
    const shown = (await service.request("GET", "/admin/plugins")).as(PluginList);
    assert.equal(shown.total, 1);
    assert.equal(
      shown.plugins[0]?.oauthRedirectUrl,
      "https://codex.example/api/v1/user/plugins/oauth/callback",
    );
  });
});
