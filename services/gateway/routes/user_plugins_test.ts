import { deepEqual as equal } from "node:assert/strict";
import { API_BASE, type PluginSummary, Problem, UserPlugin, UserPluginList } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { testPluginSummary } from "@codex/service/testing";
import { manifest } from "../testing/fakes.ts";
import { bearer, createFixture, type Fixture } from "../testing/fixture.ts";

const PLUGINS = `${API_BASE}/user/plugins`;
const UNKNOWN_ID = "0b54f1c4-6a0e-4f0a-9a53-6f2c6a6d5d11";

const OAUTH = {
  authorizationUrl: "https://provider.example/authorize",
  tokenUrl: "https://provider.example/token",
};

async function setUp(...plugins: PluginSummary[]) {
  const fixture = await createFixture();
  for (const plugin of plugins) fixture.pluginHost.add(plugin);
  const headers = bearer(fixture.auth.signIn("reader"));
  const call = (method: string, path: string, body?: unknown) =>
    fixture.app.request(PLUGINS + path, {
      method,
      headers: { ...headers, ...(body !== undefined && { "content-type": "application/json" }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const list = async () => UserPluginList.parse(await (await call("GET", "")).json());
  return { fixture, call, list };
}

async function codeOf(reply: Response): Promise<[number, string]> {
  const problem = Problem.parse(await reply.json());
  return [reply.status, problem.code];
}

function silence(fixture: Fixture): void {
  fixture.pluginHost.failure = new ProblemError("service_unavailable", "Down");
}

Deno.test("a plugin moves from available to enabled and back, by enabling and disconnecting", async () => {
  const plugin = testPluginSummary();
  const { call, list, fixture } = await setUp(plugin);
  let found = await list();
  equal(found.enabled, []);
  equal(found.available.map(({ pluginId }) => pluginId), [plugin.id]);

  const enabled = UserPlugin.parse(await (await call("POST", `/${plugin.id}/enable`)).json());
  equal([enabled.pluginId, enabled.enabled, enabled.status, enabled.connected], [
    plugin.id,
    true,
    "connected",
    true,
  ]);
  found = await list();
  equal(found.enabled, [enabled]);
  equal(found.available, []);

  equal(await (await call("DELETE", `/${plugin.id}`)).json(), {});
  fixture.auth.purgesOwed[plugin.id] = ["storage"];
  found = await list();
  equal(found.enabled, []);
  equal(found.available[0]?.purgesOwed, ["storage"]);
});

Deno.test("a disabled plugin keeps its connection and configuration", async () => {
  const plugin = testPluginSummary();
  const { call, list } = await setUp(plugin);
  await call("POST", `/${plugin.id}/enable`);
  const config = { unit: "chapters", _codex: { syncRatings: false } };
  const changed = await call("PATCH", `/${plugin.id}/config`, { config });
  equal(UserPlugin.parse(await changed.json()).config, config);
  equal(await (await call("POST", `/${plugin.id}/disable`)).json(), {});
  const { enabled: [kept] } = await list();
  equal([kept?.enabled, kept?.config], [false, config]);
});

Deno.test("what a user plugin is, comes from the manifest that was granted", async () => {
  const plugin = testPluginSummary({
    manifest: manifest({
      capabilities: { userReadSync: true, wantsDetailedProgress: true },
      oauth: { ...OAUTH, clientId: "codex" },
      userDescription: "For readers",
      userSetupInstructions: "Sign in there",
      userConfigSchema: { fields: [{ key: "unit", label: "Unit", type: "string" }] },
    }),
    syncCronSchedule: "0 3 * * *",
    healthStatus: "degraded",
  });
  const { call } = await setUp(plugin);
  await call("POST", `/${plugin.id}/enable`);
  const one = UserPlugin.parse(await (await call("GET", `/${plugin.id}`)).json());
  equal(one.requiresAuth && one.requiresOauth && one.oauthConfigured, true);
  equal(one.description, "For readers");
  equal(one.userSetupInstructions, "Sign in there");
  equal(one.userConfigSchema?.fields.map(({ key }) => key), ["unit"]);
  equal(one.capabilities, {
    readSync: true,
    userRecommendationProvider: false,
    wantsDetailedProgress: true,
    wantsFullMetadata: false,
  });
  equal([one.syncCronSchedule, one.healthStatus], ["0 3 * * *", "degraded"]);
  equal(one.partial, undefined);
});

Deno.test("a plugin that is off tells users why", async () => {
  const plugin = testPluginSummary();
  const { call, fixture } = await setUp(plugin);
  await call("POST", `/${plugin.id}/enable`);
  fixture.pluginHost.plugins[0] = { ...plugin, usable: false, stateReason: "Turned off by admin" };
  const one = UserPlugin.parse(await (await call("GET", `/${plugin.id}`)).json());
  equal([one.status, one.statusReason], ["connected", "Turned off by admin"]);
});

Deno.test("system plugins and plugins that can't run are not offered", async () => {
  const { list } = await setUp(
    testPluginSummary({ pluginType: "system" }),
    testPluginSummary({ usable: false }),
  );
  equal(await list(), { enabled: [], available: [] });
});

Deno.test("what is not a user's plugin is 404, for every call", async () => {
  const system = testPluginSummary({ pluginType: "system" });
  const { call } = await setUp(system, testPluginSummary());
  for (const id of [system.id, UNKNOWN_ID, "not-a-uuid"]) {
    equal(await codeOf(await call("GET", `/${id}`)), [404, "not_found"]);
    equal(await codeOf(await call("DELETE", `/${id}`)), [404, "not_found"]);
    equal(await codeOf(await call("POST", `/${id}/enable`)), [404, "not_found"]);
    equal(await codeOf(await call("POST", `/${id}/disable`)), [404, "not_found"]);
    equal(await codeOf(await call("PATCH", `/${id}/config`, { config: {} })), [404, "not_found"]);
  }
});

Deno.test("while plugin-host is silent, connections show with their own part", async () => {
  const plugin = testPluginSummary();
  const { call, list, fixture } = await setUp(plugin);
  await call("POST", `/${plugin.id}/enable`);
  silence(fixture);
  const { enabled: [one], available } = await list();
  equal([one?.partial, one?.pluginId, one?.status, one?.healthStatus], [
    true,
    plugin.id,
    "connected",
    "unknown",
  ]);
  equal(available, []);
  const single = UserPlugin.parse(await (await call("GET", `/${plugin.id}`)).json());
  equal(single.partial, true);
  const changed = await call("PATCH", `/${plugin.id}/config`, { config: { a: 1 } });
  equal([changed.status, UserPlugin.parse(await changed.json()).partial], [200, true]);
  equal((await call("POST", `/${plugin.id}/disable`)).status, 200);
  equal((await call("DELETE", `/${plugin.id}`)).status, 200);
});

Deno.test("what sync knows of a connection shows with it; without sync the rest does", async () => {
  const plugin = testPluginSummary();
  const { call, list, fixture } = await setUp(plugin);
  const made = UserPlugin.parse(await (await call("POST", `/${plugin.id}/enable`)).json());
  equal([made.autoSync, made.lastSyncAt, made.partial], [false, undefined, undefined]);
  const lastSyncAt = "2026-01-01T00:00:00.000Z";
  fixture.sync.connections.push({ connectionId: made.id, autoSync: true, lastSyncAt });
  const { enabled: [one] } = await list();
  equal([one?.autoSync, one?.lastSyncAt], [true, lastSyncAt]);
  const changed = await call("PATCH", `/${plugin.id}/sync-mode`, { auto: true });
  equal([changed.status, fixture.sync.modes], [200, [[plugin.id, true]]]);
  fixture.sync.failure = new ProblemError("service_unavailable", "Down");
  const { enabled: [rest] } = await list();
  equal([rest?.partial, rest?.autoSync, rest?.pluginName], [true, false, plugin.name]);
});

Deno.test("while plugin-host is silent, nothing new is enabled", async () => {
  const plugin = testPluginSummary();
  const { call, fixture } = await setUp(plugin);
  silence(fixture);
  equal(await codeOf(await call("POST", `/${plugin.id}/enable`)), [503, "service_unavailable"]);
});

Deno.test("while auth is silent, there is nothing to show: 503", async () => {
  const { call, fixture } = await setUp(testPluginSummary());
  equal((await call("GET", "")).status, 200);
  fixture.auth.failure = new ProblemError("service_unavailable", "Down", { retryAfterSeconds: 2 });
  equal(await codeOf(await call("GET", "")), [503, "service_unavailable"]);
});

Deno.test("a plugin that was just deleted takes its connection out of the list", async () => {
  const plugin = testPluginSummary();
  const { call, list, fixture } = await setUp(plugin);
  await call("POST", `/${plugin.id}/enable`);
  fixture.pluginHost.plugins.length = 0;
  equal(await list(), { enabled: [], available: [] });
});

Deno.test("a configuration that is no object, or no JSON, is 400 with what is wrong", async () => {
  const plugin = testPluginSummary();
  const { call, fixture } = await setUp(plugin);
  for (const body of [{ config: [] }, { config: null }, {}, []]) {
    const reply = await call("PATCH", `/${plugin.id}/config`, body);
    const problem = Problem.parse(await reply.json());
    equal([reply.status, problem.code], [400, "bad_request"]);
    equal(problem.errors?.length, 1);
  }
  const reply = await fixture.app.request(`${PLUGINS}/${plugin.id}/config`, {
    method: "PATCH",
    headers: { ...bearer(fixture.auth.signIn("reader")), "content-type": "application/json" },
    body: "{",
  });
  equal(await codeOf(reply), [400, "bad_request"]);
});
