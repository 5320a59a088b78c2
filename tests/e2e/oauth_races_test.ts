/** Races from outside, at two replicas of auth behind a gateway. */
import assert from "node:assert/strict";
import {
  API_BASE,
  type PluginSummary,
  SetupAnswer,
  type Subject,
  TicketAnswer,
} from "@codex/protocol";
import { testPluginSummary, testSubject } from "@codex/service/testing";
import { type Provider, startProvider, tokens } from "../../services/auth/testing/provider.ts";
import { type AuthReplicas, startAuthReplicas } from "../harness/auth_replicas.ts";
import { HttpBrowser } from "../harness/http_browser.ts";

const CALLBACK_PATH = `${API_BASE}/user/plugins/oauth/callback`;

interface Scene {
  readonly replicas: AuthReplicas;
  readonly provider: Provider;
  readonly plugin: PluginSummary;
  /** Signed in as the administrator, who is a user like any other here. */
  readonly browser: HttpBrowser;
  readonly subject: Subject;
}

async function withReplicas(test: (scene: Scene) => Promise<void>): Promise<void> {
  await using provider = startProvider();
  const plugin = testPluginSummary({}, { oauth: provider.oauth });
  await using replicas = await startAuthReplicas(plugin, new URL(provider.origin).host);
  const browser = new HttpBrowser();
  const setup = await browser.post(`${replicas.url}${API_BASE}/setup/initialize`, {
    username: "admin",
    email: "admin@example.org",
    password: "correct horse battery",
    setupCode: replicas.setupCode,
  });
  const { user } = SetupAnswer.parse(await setup.json());
  const path = `${API_BASE}/admin/plugins/${plugin.id}/oauth`;
  const set = await browser.send(replicas.url + path, {
    method: "PUT",
    headers: { "sec-fetch-site": "same-origin", "content-type": "application/json" },
    body: JSON.stringify({ clientId: "codex-client" }),
  });
  assert.equal(set.status, 200, await set.text());
  await test({ replicas, provider, plugin, browser, subject: testSubject("admin", user.id) });
}

const start = ({ replicas, plugin, browser }: Scene) =>
  browser.post(`${replicas.url}${API_BASE}/user/plugins/${plugin.id}/oauth/start`);

async function stateOf(reply: Response): Promise<string> {
  const { redirectUrl } = await reply.json() as { redirectUrl: string };
  return new URL(redirectUrl).searchParams.get("state") ?? "";
}

async function comeBack({ replicas, browser }: Scene, state: string): Promise<string> {
  const reply = await browser.send(`${replicas.url}${CALLBACK_PATH}?code=c&state=${state}`);
  const html = await reply.text();
  return /data-reason="(\w+)"/.exec(html)?.[1] ?? /data-kind="(\w+)"/.exec(html)?.[1] ?? html;
}

function assertBothWorked({ answered }: AuthReplicas): void {
  assert.ok(answered.every((count) => count > 5), `Replicas answered ${answered.join(" and ")}`);
}

Deno.test("of 50 starts at once over two replicas exactly 3 begin", async () => {
  await withReplicas(async (scene) => {
    const startedAt = performance.now();
    const replies = await Promise.all(Array.from({ length: 50 }, () => start(scene)));
    const tookSeconds = (performance.now() - startedAt) / 1000;
    const refused = replies.filter(({ status }) => status === 429);
    assert.equal(replies.filter(({ status }) => status === 200).length, 3);
    assert.equal(refused.length, 47);
    for (const { headers } of refused) {
      const seconds = Number(headers.get("retry-after"));
      assert.ok(seconds >= 299 - tookSeconds && seconds <= 300, `Retry-After ${seconds}`);
    }
    await Promise.all(replies.map((reply) => reply.body?.cancel()));
    assertBothWorked(scene.replicas);
  });
});

Deno.test("of 100 returns at once with one state over two replicas exactly one connects", async () => {
  await withReplicas(async (scene) => {
    const state = await stateOf(await start(scene));
    const outcomes = await Promise.all(Array.from({ length: 100 }, () => comeBack(scene, state)));
    assert.equal(outcomes.filter((outcome) => outcome === "connected").length, 1);
    assert.equal(outcomes.filter((outcome) => outcome === "used").length, 99);
    assert.equal(scene.provider.requests.length, 1);
    assertBothWorked(scene.replicas);
  });
});

Deno.test("50 uses at once of an expired token over two replicas ask the provider once", async () => {
  await withReplicas(async (scene) => {
    const { replicas, provider, plugin, subject } = scene;
    provider.answer = () => tokens(1, { expires_in: 1 });
    assert.equal(await comeBack(scene, await stateOf(await start(scene))), "connected");
    await new Promise((resolve) => setTimeout(resolve, 1100));
    provider.answer = async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return tokens(2);
    };
    const headers = await replicas.identities.headers("sync", "auth", subject);
    const url = `${replicas.authUrl}/internal/connections/${plugin.id}/ticket`;
    const replies = await Promise.all(
      Array.from({ length: 50 }, () => fetch(url, { method: "POST", headers })),
    );
    for (const reply of replies) TicketAnswer.parse(await reply.json());
    const refreshes = provider.requests.filter(({ form }) =>
      form["grant_type"] === "refresh_token"
    );
    assert.equal(refreshes.length, 1);
    assertBothWorked(replicas);
  });
});
