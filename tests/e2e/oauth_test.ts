/** Signing in at real authorization servers from a browser, over the whole platform. */
import assert from "node:assert/strict";
import type { z } from "zod";
import {
  API_BASE,
  OauthClient,
  Plugin,
  type PluginId,
  PluginLogs,
  SyncStatus,
  UserPluginList,
} from "@codex/protocol";
import { readCalls } from "@codex/plugin-sdk/call-record";
import { type OidcServer, startOidcServer } from "../fakes/sign_in/oidc_server.ts";
import { startOneYearServer } from "../fakes/sign_in/one_year_server.ts";
import { connectAsAdmin } from "../harness/admin_database.ts";
import { DATABASE_FILES, findEverywhere } from "../harness/leftovers.ts";
import { type Platform, startPlatform } from "../harness/platform.ts";
import { setUpAdmin } from "../harness/scenario.ts";
import { addReader, useProvider, type UserBrowser } from "../harness/sign_in.ts";

interface Scene {
  readonly platform: Platform;
  readonly provider: OidcServer;
  readonly pluginId: PluginId;
  readonly ada: UserBrowser;
}

async function withProvider(test: (scene: Scene) => Promise<void>): Promise<void> {
  await using provider = await startOidcServer();
  await using platform = await startPlatform({
    env: { CODEX_ALLOWED_PRIVATE_HOSTS: provider.host },
  });
  await setUpAdmin(platform);
  const pluginId = await useProvider(platform, provider);
  // It then tells in its log what it was asked.
  await platform.api.expect(Plugin, "PATCH", `/admin/plugins/${pluginId}`, { logLevel: "debug" });
  await test({ platform, provider, pluginId, ada: await addReader(platform, "ada") });
}

/** Asks the plugin something for the user, which takes a ticket, a token and a process. */
async function useConnection(
  { platform, pluginId, ada }: Scene,
): Promise<z.infer<typeof SyncStatus>> {
  const path = `${API_BASE}/user/plugins/${pluginId}/sync/status?live`;
  const reply = await ada.http.send(`${platform.url}${path}`);
  const body: unknown = await reply.json();
  assert.equal(reply.status, 200, JSON.stringify(body));
  return SyncStatus.parse(body);
}

/** Makes the token one that ends so soon that it is renewed at the next use. */
async function ageToken({ platform }: Scene): Promise<void> {
  const sql = await connectAsAdmin(platform);
  try {
    const rows = await sql`update auth.oauth_grants set refresh_at = now() - interval '1 second',
      expires_at = now() + interval '5 minutes' returning connection_id`;
    assert.equal(rows.length, 1);
  } finally {
    await sql.end();
  }
}

/**
 * So many processes were started for the connection, no more: each token has one of its own. Each
 * tells of its start in the plugin's log, which is read beside the answers.
 */
async function untilStarts({ platform, pluginId }: Scene, wanted: number): Promise<void> {
  let starts = 0;
  for (let attempt = 0; attempt < 600 && starts < wanted; attempt++) {
    const path = `/admin/plugins/${pluginId}/logs`;
    const { lines } = await platform.api.expect(PluginLogs, "GET", path);
    const calls = readCalls(lines.map(({ text }) => text));
    starts = calls.filter(({ method }) => method === "initialize").length;
    if (starts < wanted) await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal(starts, wanted);
}

const refreshesOf = ({ provider }: Scene) =>
  provider.tokenRequests.filter(({ grantType }) => grantType === "refresh_token");

Deno.test("a browser signs in at a real authorization server; every crooked way there ends in words", async () => {
  await withProvider(async (scene) => {
    const { platform, provider, pluginId, ada } = scene;
    const { available } = await platform.api.expect(UserPluginList, "GET", "/user/plugins");
    const offered = available.find((plugin) => plugin.pluginId === pluginId);
    assert.deepEqual([offered?.requiresOauth, offered?.oauthConfigured], [true, true]);

    const back = await ada.goToProvider(pluginId);
    const page = await ada.comeBack(back);
    assert.deepEqual([page.status, page.kind], [200, "connected"], page.html);
    const connection = await ada.connection(pluginId);
    assert.deepEqual([connection.status, connection.connected], ["connected", true]);
    assert.ok(connection.externalUsername, "The plugin told the name");
    assert.equal((await useConnection(scene)).externalCount, 3);

    assert.equal((await ada.comeBack(back)).reason, "used");
    // One flow's code with another flow's state: the verifier is the other's.
    const [one, other] = [await ada.goToProvider(pluginId), await ada.goToProvider(pluginId)];
    one.searchParams.set("state", other.searchParams.get("state") ?? "");
    const crooked = await ada.comeBack(one);
    assert.equal(crooked.reason, "code_refused");
    assert.equal(provider.tokenRequests.at(-1)?.error, "invalid_grant");
    const [, requestId] = /Request id ([0-9a-f-]{36})/.exec(crooked.html) ?? [];
    assert.ok(requestId, crooked.html);
    await untilLogged(platform, requestId, '"providerError":"invalid_grant"');

    const elsewhere = ada.http.copy("codex_flow_");
    assert.equal(
      (await ada.comeBack(await ada.goToProvider(pluginId), elsewhere)).reason,
      "other_browser",
    );
    const bob = await addReader(platform, "bob");
    assert.equal((await bob.comeBack(await ada.goToProvider(pluginId))).reason, "other_user");
    const signedOut = ada.http.copy("codex_");
    assert.equal(
      (await ada.comeBack(await ada.goToProvider(pluginId), signedOut)).reason,
      "signed_out",
    );
    assert.equal(provider.tokenRequests.length, 2, "None of these reached the provider");
    const refused = await platform.api.refused(
      "session_required",
      "POST",
      `/user/plugins/${pluginId}/oauth/start`,
    );
    assert.equal(refused.status, 403);
  });
});

/** Until one line of the log has all of these. */
async function untilLogged(platform: Platform, ...parts: string[]): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    const lines = platform.output().split("\n");
    if (lines.some((line) => parts.every((part) => line.includes(part)))) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`No line has ${parts.join(" and ")}:\n${platform.output()}`);
}

Deno.test("a token endpoint on this machine is not asked, by whatever name it goes", async () => {
  await using provider = startOneYearServer();
  let asked = 0;
  const inside = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, () => {
    asked++;
    return Response.json({ access_token: "t", token_type: "Bearer" });
  });
  try {
    await using platform = await startPlatform({
      env: { CODEX_ALLOWED_PRIVATE_HOSTS: provider.host },
    });
    await setUpAdmin(platform);
    const ada = await addReader(platform, "ada");
    const { port } = inside.addr;
    for (
      const tokenUrl of [
        `http://127.0.0.1:${port}/`,
        `https://localhost:${port}/`,
        `https://[::ffff:127.0.0.1]:${port}/`,
        `https://2130706433:${port}/`,
        `https://0x7f.1:${port}/`,
      ]
    ) {
      const declaration = { ...provider.declaration, tokenUrl };
      const pluginId = await useProvider(platform, { ...provider, declaration });
      assert.equal((await ada.connect(pluginId)).reason, "address_refused", tokenUrl);
    }
    assert.equal(asked, 0);
  } finally {
    await inside.shutdown();
  }
});

Deno.test("a token is renewed before it ends, with rotation, until the user takes the grant back", async () => {
  await withProvider(async (scene) => {
    const { provider, pluginId, ada } = scene;
    assert.equal((await ada.connect(pluginId)).kind, "connected");
    const config = { username: "grace" };
    const path = `${scene.platform.url}${API_BASE}/user/plugins/${pluginId}/config`;
    const configured = await ada.http.send(path, {
      method: "PATCH",
      headers: { "sec-fetch-site": "same-origin", "content-type": "application/json" },
      body: JSON.stringify({ config }),
    });
    assert.equal(configured.status, 200, await configured.text());

    await useConnection(scene);
    // One with and one without the configuration.
    const starts = 2;
    await untilStarts(scene, starts);
    assert.deepEqual(refreshesOf(scene), []);
    // Each refresh token works once, so a second renewal needs the first one's.
    for (let round = 1; round <= 2; round++) {
      await ageToken(scene);
      const status = await Promise.all(Array.from({ length: 10 }, () => useConnection(scene)));
      assert.ok(status.every(({ liveError }) => liveError === undefined), JSON.stringify(status));
      assert.deepEqual(refreshesOf(scene).map(({ status }) => status), Array(round).fill(200));
      await untilStarts(scene, starts + round);
    }

    await provider.revokeGrants();
    await ageToken(scene);
    await useConnection(scene);
    assert.equal(refreshesOf(scene).at(-1)?.error, "invalid_grant");
    const lost = await ada.connection(pluginId);
    assert.deepEqual([lost.status, lost.config], ["needs_reconnection", config]);
    assert.ok(lost.statusReason);

    assert.equal((await ada.connect(pluginId)).kind, "connected");
    const again = await ada.connection(pluginId);
    assert.deepEqual([again.id, again.status, again.config], [lost.id, "connected", config]);
    assert.equal((await useConnection(scene)).liveError, undefined);
  });
});

Deno.test("a provider of the other kind connects: no PKCE, secret in the body, a token of a year", async () => {
  await using provider = startOneYearServer();
  await using platform = await startPlatform({
    env: { CODEX_ALLOWED_PRIVATE_HOSTS: provider.host },
  });
  await setUpAdmin(platform);
  const pluginId = await useProvider(platform, provider);
  const ada = await addReader(platform, "ada");
  assert.equal((await ada.connect(pluginId)).kind, "connected");
  assert.equal((await ada.connection(pluginId)).status, "connected");
  const [request] = provider.tokenRequests;
  assert.equal(request?.["redirect_uri"], `${platform.url}${API_BASE}/user/plugins/oauth/callback`);
  assert.ok(!("code_verifier" in (request ?? {})));

  const { clientId } = provider;
  const client = await platform.api.expect(OauthClient, "PUT", `/admin/plugins/${pluginId}/oauth`, {
    clientId,
    useOwnRedirectUrl: true,
  });
  const own = `${platform.url}${API_BASE}/user/plugins/${pluginId}/oauth/callback`;
  assert.equal(client.redirectUrl, own);
  provider.register(own);
  assert.equal((await ada.connect(pluginId)).kind, "connected");
  assert.equal(provider.tokenRequests.at(-1)?.["redirect_uri"], own);
  const back = await ada.goToProvider(pluginId);
  // The answer to this sign-in, at the URL of all plugins.
  const common = new URL(back.href.replace(`/${pluginId}/`, "/"));
  assert.equal((await ada.comeBack(common)).reason, "other_browser");
  assert.deepEqual(await findEverywhere(platform, provider.secrets), []);
});

Deno.test("no secret stands anywhere in clear, not even in the database's own files", async () => {
  await withProvider(async (scene) => {
    const { platform, provider, pluginId, ada } = scene;
    assert.equal((await ada.connect(pluginId)).kind, "connected");
    await useConnection(scene);
    await ada.goToProvider(pluginId);
    assert.ok(provider.secrets.size >= 6, "Codes, verifier, tokens, client secret");
    assert.deepEqual(await findEverywhere(platform, provider.secrets), []);
    const { id } = await ada.connection(pluginId);
    const known = await findEverywhere(platform, [id], DATABASE_FILES);
    assert.ok(known.some(({ where }) => where === "table auth.connections"), "The search finds");
  });
});
