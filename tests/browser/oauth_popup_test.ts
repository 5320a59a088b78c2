/** A sign-in at a provider in a window of its own, in a real browser, from one site over another and back. */
import { deepEqual as equal, match } from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import type { OauthOutcome } from "@codex/protocol";
import { testPluginSummary } from "@codex/service/testing";
import { createFixture, type Fixture } from "../../services/gateway/testing/fixture.ts";
import { serveApp } from "../../services/gateway/testing/servers.ts";
import { chromiumMissing, launchChromium, openContext, watchPage } from "./chromium.ts";

interface Heard {
  readonly opener: unknown[];
  readonly channel: unknown[];
}

interface Scene {
  readonly fixture: Fixture;
  readonly page: Page;
  readonly pluginId: string;
  /** Opens the window, has the user agree at the provider, and answers it. */
  signIn(): Promise<Page>;
  /** What the page that opened the window was told, once it was told on each of these ways. */
  heard(...ways: (keyof Heard)[]): Promise<Heard>;
}

/**
 * Codex at 127.0.0.1 and a provider at localhost: to a browser two sites.
 *
 * @param providerHeaders of the provider's page
 */
async function withPopup(
  test: (scene: Scene) => Promise<void>,
  providerHeaders: Record<string, string> = {},
): Promise<void> {
  // It listens before there is an app, whose public origin must be the served one.
  const codex = serveApp({ fetch: (...request) => fixture.app.fetch(...request) });
  const { url: origin } = codex;
  const fixture = await createFixture({ publicUrl: new URL(origin) });
  fixture.answer = () => Response.json({ status: "ready" });
  const callback = `${origin}/api/v1/user/plugins/oauth/callback?code=c&state=the-state`;
  const provider = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen() {} },
    () =>
      new Response(`<!doctype html><title>Provider</title><a href="${callback}">Allow</a>`, {
        headers: { "content-type": "text/html", ...providerHeaders },
      }),
  );
  const plugin = fixture.pluginHost.add(testPluginSummary());
  const { startOauth } = fixture.auth.auth;
  fixture.auth.auth.startOauth = async (...args) => ({
    ...await startOauth(...args),
    redirectUrl: `http://localhost:${provider.addr.port}/authorize`,
    expiresAt: new Date(Date.now() + 300_000).toISOString(),
  });
  const browser = await launchChromium();
  try {
    const context = await openContext(browser);
    await context.addCookies([{
      name: "codex_session",
      value: fixture.auth.signIn("reader"),
      url: origin,
      httpOnly: true,
      sameSite: "Lax",
    }]);
    const page = await context.newPage();
    await page.goto(`${origin}/`);
    await page.evaluate(`(() => { ${listen} })()`);
    await test({
      fixture,
      page,
      pluginId: plugin.id,
      signIn: () => signIn(context, page, plugin.id),
      // Waits inside the page: a predicate polled from here would need the eval that the page's
      // content security policy refuses.
      heard: (...ways) =>
        page.evaluate(`
          Promise.all(${JSON.stringify(ways)}.map((way) => arrivals[way]))
            .then(() => JSON.parse(JSON.stringify(heard)))
        `),
    });
  } finally {
    await browser.close();
    await Promise.all([codex.server.shutdown(), provider.shutdown()]);
  }
}

/** Runs in the page. */
const listen = `
  window.heard = { opener: [], channel: [] };
  window.arrivals = {
    opener: new Promise((arrived) => addEventListener("message", ({ origin, data }) => {
      heard.opener.push({ origin, data });
      arrived();
    })),
    channel: new Promise((arrived) => {
      window.channel = new BroadcastChannel("codex:oauth");
      channel.onmessage = ({ data }) => {
        heard.channel.push(data);
        arrived();
      };
    }),
  };
`;

async function signIn(context: BrowserContext, page: Page, pluginId: string): Promise<Page> {
  const opened = context.waitForEvent("page");
  await page.evaluate(`
    fetch("/api/v1/user/plugins/${pluginId}/oauth/start", { method: "POST" })
      .then((reply) => reply.json())
      .then(({ redirectUrl }) => void open(redirectUrl, "sign-in", "popup"))
  `);
  const popup = await opened;
  await popup.getByRole("link", { name: "Allow" }).click().catch((error) => {
    // A window that closes itself may do so before the click is acknowledged.
    if (!popup.isClosed()) throw error;
  });
  return popup;
}

const connected = (pluginId: string) => ({
  kind: "connected",
  pluginId,
  pluginName: "Example",
} as OauthOutcome);

Deno.test({
  name: "a window that signed in tells its opener, on its own origin, and closes",
  ignore: chromiumMissing,
  fn: () =>
    withPopup(async ({ fixture, page, pluginId, signIn, heard }) => {
      fixture.auth.outcome = connected(pluginId);
      const popup = await signIn();
      const { opener, channel } = await heard("opener", "channel");
      const data = { type: "codex:oauth", kind: "connected", pluginId };
      equal(opener, [{ origin: new URL(page.url()).origin, data }]);
      equal(channel, [data]);
      if (!popup.isClosed()) await popup.waitForEvent("close");
      equal(fixture.auth.returns, [{
        state: "the-state",
        code: "c",
        browserToken: "the-browser-token",
      }]);
    }),
});

Deno.test({
  name: "a provider that cuts the tie to the opener doesn't keep the news from it",
  ignore: chromiumMissing,
  fn: () =>
    withPopup(async ({ fixture, pluginId, signIn, heard }) => {
      fixture.auth.outcome = connected(pluginId);
      await signIn();
      const { opener, channel } = await heard("channel");
      equal(opener, []);
      equal(channel, [{ type: "codex:oauth", kind: "connected", pluginId }]);
    }, { "cross-origin-opener-policy": "same-origin" }),
});

Deno.test({
  name: "a window that failed stays open with words to read, without the code in its address",
  ignore: chromiumMissing,
  fn: () =>
    withPopup(async ({ fixture, signIn, heard }) => {
      fixture.auth.outcome = { kind: "failed", reason: "expired" };
      const popup = await signIn();
      await popup.getByRole("heading", { name: "The sign-in took too long" }).waitFor();
      const { opener } = await heard("opener");
      equal(opener.length, 1);
      match(await popup.locator("body").innerText(), /Request id [0-9a-f-]{36}/);
      await popup.waitForURL(/\/oauth\/callback$/);
      const origin = new URL(popup.url()).origin;
      const faults = watchPage(popup, origin);
      await popup.goto(`${origin}/api/v1/user/plugins/oauth/callback?code=c&state=x`);
      equal(faults.filter((fault) => !fault.includes("400 (Bad Request)")), []);
    }),
});
