import assert from "node:assert/strict";
import { join } from "node:path";
import postgres from "postgres";
import { CreatedPlugin, ExecuteAnswer, Plugin, Problem } from "@codex/protocol";
import { TESTDATA } from "../testing/test_host.ts";
import { type TestService, withService } from "../testing/test_service.ts";

const SECRET = "s3cret-value-that-must-not-leak";

const nodePlugin = {
  name: "scripted",
  displayName: "By command",
  command: "node",
  args: [join(TESTDATA, "node", "plugin.mjs")],
};

const add = (service: TestService, plugin: object) =>
  service.request("POST", "/admin/plugins", plugin);

/** Every value that is stored, as text. */
async function dump(adminUrl: string): Promise<string> {
  const sql = postgres(adminUrl, { max: 1 });
  try {
    return JSON.stringify(await sql`select * from plugin_host.plugins`);
  } finally {
    await sql.end();
  }
}

Deno.test("a command that is not allowed is 400 and named with what is", async () => {
  await withService(async (service) => {
    for (const command of ["bash", "/bin/sh", "nodejs", "../node", "node; id"]) {
      const refused = await add(service, { ...nodePlugin, command });
      const problem = refused.as(Problem);
      assert.equal(refused.status, 400);
      assert.deepEqual(problem.errors?.map(({ pointer }) => pointer), ["/command"]);
      assert.ok(problem.detail.includes(command));
      assert.match(problem.detail, /allowed are node, npx, python, python3, uv, uvx, deno/);
    }
    const flags = await add(service, {
      ...nodePlugin,
      command: "deno",
      args: ["run", "-A", "x.ts"],
    });
    assert.equal(flags.status, 400);
    assert.match(flags.as(Problem).detail, /the host gives/);
  });
});

Deno.test("a working directory that leads outside or does not exist is 400 when it is saved", async () => {
  await withService(async (service) => {
    for (const workingDirectory of ["../..", "a/../../b", "/no/such/folder"]) {
      const refused = await add(service, { ...nodePlugin, workingDirectory });
      assert.equal(refused.status, 400, workingDirectory);
      const pointers = refused.as(Problem).errors?.map(({ pointer }) => pointer);
      assert.deepEqual(pointers, ["/workingDirectory"]);
    }
  });
});

Deno.test("a refused variable is 400 with the reason, one for each", async () => {
  await withService(async (service) => {
    const env = [
      { key: "LD_PRELOAD", value: "/x.so" },
      { key: "MODE", value: "fast" },
      { key: "node_options", value: "--inspect" },
    ];
    const refused = await add(service, { ...nodePlugin, env });
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.as(Problem).errors?.map(({ pointer }) => pointer), [
      "/env/0/key",
      "/env/2/key",
    ]);
  });
});

Deno.test("node needs the administrator's word to run unsandboxed, and then runs", async () => {
  await withService(async (service) => {
    const added = await add(service, { ...nodePlugin, permissions: ["metadata:write:title"] });
    assert.equal(added.status, 201);
    const created = added.as(CreatedPlugin);
    assert.deepEqual(
      [created.healthCheckPerformed, created.healthCheckPassed, created.plugin.enabled],
      [true, false, false],
    );
    assert.match(created.healthCheckError ?? "", /unsandboxed/);
    assert.equal(created.plugin.isolation.level, 0);
    const { id } = created.plugin;
    const patched = await service.request("PATCH", `/admin/plugins/${id}`, {
      allowUnsandboxed: true,
    });
    assert.equal(patched.as(Plugin).isolation.level, 1);
    await service.grant("scripted", []);
    const ping = await service.request("POST", `/plugins/${id}/execute`, { action: "ping" });
    assert.equal(ping.as(ExecuteAnswer).result, "pong");
    const audited = service.auth.audit.find(({ action }) => action === "plugin.changed");
    assert.equal(Object(audited?.detail).allowUnsandboxed, true);
  });
});

Deno.test("permissions on adding count as the grant when the check passes", async () => {
  await withService(async (service) => {
    const added = await add(service, {
      ...nodePlugin,
      permissions: ["metadata:write:title"],
    });
    assert.equal(added.as(CreatedPlugin).plugin.enabled, false);
    await service.install("by-command");
    const deno = await add(service, {
      name: "denoed",
      displayName: "Denoed",
      command: "deno",
      args: [join(service.plugins, "by-command", "main.ts")],
      permissions: ["metadata:write:title"],
    });
    const { plugin, healthCheckPassed } = deno.as(CreatedPlugin);
    assert.deepEqual([healthCheckPassed, plugin.enabled], [true, true]);
    assert.deepEqual([plugin.permissions, plugin.network], [["metadata:write:title"], []]);
    assert.equal((await service.search(plugin.id, "x")).status, 200);
    const again = await add(service, nodePlugin);
    assert.deepEqual([again.status, again.as(Problem).code], [409, "name_taken"]);
  });
});

Deno.test("secrets go to the vault and to the plugin, and nowhere else", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    const patched = await service.request("PATCH", `/admin/plugins/${id}`, {
      credentials: { api_key: SECRET },
      env: [{ key: "SERVICE_TOKEN", value: SECRET }, { key: "MODE", value: "fast" }],
      config: { baseUrl: "https://example.com", _codex: { hidden: true } },
    });
    assert.equal(patched.status, 200);
    const plugin = patched.as(Plugin);
    assert.equal(plugin.hasCredentials, true);
    assert.deepEqual(plugin.env, [{ key: "SERVICE_TOKEN" }, { key: "MODE", value: "fast" }]);
    assert.deepEqual(service.auth.secrets.get(id), {
      "api_key": SECRET,
      "env:SERVICE_TOKEN": SECRET,
    });
    for (const path of ["/admin/plugins", `/admin/plugins/${id}`]) {
      assert.ok(!JSON.stringify((await service.request("GET", path)).body).includes(SECRET), path);
    }
    assert.ok(!(await dump(service.adminUrl)).includes(SECRET));
    assert.ok(!JSON.stringify(service.auth.audit).includes(SECRET));
    const told = (await service.search(id, "initialized")).as(ExecuteAnswer);
    const initialized = JSON.parse(Object(told.result).results[0].title);
    assert.deepEqual(initialized.credentials, { api_key: SECRET });
    assert.deepEqual(initialized.adminConfig, { baseUrl: "https://example.com" });
    assert.deepEqual(initialized.config, { baseUrl: "https://example.com" });
    assert.equal(initialized.requestTimeoutSeconds, 30);
  });
});

Deno.test("without an encryption key a secret is refused and nothing is changed", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.plugin("scripted");
    service.auth.hasKey = false;
    const refused = await service.request("PATCH", `/admin/plugins/${id}`, {
      displayName: "Changed",
      credentials: { api_key: SECRET },
    });
    assert.deepEqual([refused.status, refused.as(Problem).code], [503, "encryption_key_missing"]);
    assert.notEqual((await service.plugin("scripted")).displayName, "Changed");
  });
});

Deno.test("a changed grant is in the audit log by name and stops what it no longer allows", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    const patched = await service.request("PATCH", `/admin/plugins/${id}`, {
      network: [],
      permissions: [],
    });
    assert.deepEqual([patched.as(Plugin).network, patched.as(Plugin).permissions], [[], []]);
    const { action, target, detail } = service.auth.audit.at(-1) ?? {};
    assert.deepEqual([action, target], ["plugin.changed", id]);
    assert.deepEqual(Object(detail).settings, ["permissions", "network"]);
  });
});

Deno.test("a changed setting reaches the plugin with its next call", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    const configOf = async () => {
      const told = (await service.search(id, "initialized")).as(ExecuteAnswer);
      return JSON.parse(Object(told.result).results[0].title).config;
    };
    assert.deepEqual(await configOf(), {});
    await service.request("PATCH", `/admin/plugins/${id}`, { config: { n: 1 } });
    assert.deepEqual(await configOf(), { n: 1 });
  });
});

Deno.test("the command of an installed plugin can't be changed", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.plugin("scripted");
    const refused = await service.request("PATCH", `/admin/plugins/${id}`, { command: "node" });
    assert.equal(refused.status, 400);
  });
});

Deno.test("a wrong schedule is 400 with its place, and nothing is changed", async () => {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.plugin("scripted");
    const patch = (syncCronSchedule: string | null) =>
      service.request("PATCH", `/admin/plugins/${id}`, { syncCronSchedule });
    assert.equal((await patch("0 3 * * *")).as(Plugin).syncCronSchedule, "0 3 * * *");
    const refused = await patch("0 24 * * *");
    assert.equal(refused.status, 400);
    assert.deepEqual(refused.as(Problem).errors, [{
      pointer: "/syncCronSchedule",
      detail: 'Character 3: "24" is no hour: it is from 0 to 23',
    }]);
    assert.equal((await service.plugin("scripted")).syncCronSchedule, "0 3 * * *");
    assert.equal((await patch(null)).as(Plugin).syncCronSchedule, null);
  });
});
