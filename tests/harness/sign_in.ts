/** Steps of signing in at a provider from a browser, on a running platform. */
import assert from "node:assert/strict";
import { API_BASE, OauthClient, type PluginId, User, UserPlugin } from "@codex/protocol";
import { HttpBrowser } from "./http_browser.ts";
import type { Platform } from "./platform.ts";
import { grantPlugin } from "./scenario.ts";

/** What of a provider an administrator sets. */
export interface ProviderSettings {
  readonly declaration: Readonly<Record<string, unknown>>;
  readonly clientId: string;
  readonly clientSecret: string;
  register(redirectUrl: string): void;
}

/** Has the sync echo plugin sign in at the provider, and the provider know where back to. */
export async function useProvider(
  platform: Platform,
  { declaration, clientId, clientSecret, register }: ProviderSettings,
): Promise<PluginId> {
  const config = { auth: "oauth", ...declaration };
  const { id } = await grantPlugin(platform, "sync-echo", { config });
  const path = `/admin/plugins/${id}/oauth`;
  const client = await platform.api.expect(OauthClient, "PUT", path, { clientId, clientSecret });
  assert.deepEqual([client.clientId, client.hasClientSecret], [clientId, true]);
  register(client.redirectUrl);
  return id;
}

/** A browser that is signed in to Codex. */
export class UserBrowser {
  readonly http = new HttpBrowser();

  private constructor(readonly platform: Platform) {}

  static async signIn(
    platform: Platform,
    username: string,
    password: string,
  ): Promise<UserBrowser> {
    const browser = new UserBrowser(platform);
    const reply = await browser.http.post(`${platform.url}${API_BASE}/auth/login`, {
      username,
      password,
    });
    assert.equal(reply.status, 200, await reply.text());
    return browser;
  }

  /** Begins a sign-in; answers where the provider is to send the browser back to, with its code. */
  async goToProvider(pluginId: PluginId, http = this.http): Promise<URL> {
    const reply = await this.start(pluginId, http);
    assert.equal(reply.status, 200, await reply.clone().text());
    const { redirectUrl } = await reply.json() as { redirectUrl: string };
    return await http.followUntil(redirectUrl, (url) => this.#isCallback(url));
  }

  start(pluginId: PluginId, http = this.http): Promise<Response> {
    return http.post(`${this.platform.url}${API_BASE}/user/plugins/${pluginId}/oauth/start`);
  }

  /** Visits the page that the provider leads back to. */
  async comeBack(url: URL, http = this.http): Promise<Page> {
    const reply = await http.send(url);
    const html = await reply.text();
    return {
      status: reply.status,
      html,
      kind: /data-kind="(\w+)"/.exec(html)?.[1],
      reason: /data-reason="(\w+)"/.exec(html)?.[1],
    };
  }

  async connect(pluginId: PluginId): Promise<Page> {
    return await this.comeBack(await this.goToProvider(pluginId));
  }

  async connection(pluginId: PluginId): Promise<UserPlugin> {
    const path = `${API_BASE}/user/plugins/${pluginId}`;
    return UserPlugin.parse(await (await this.http.send(`${this.platform.url}${path}`)).json());
  }

  /** Of all plugins, or of one that has a redirect URL of its own. */
  #isCallback({ href, pathname }: URL): boolean {
    const isOurs = href.startsWith(`${this.platform.url}${API_BASE}/user/plugins/`);
    return isOurs && pathname.endsWith("/oauth/callback");
  }
}

export interface Page {
  readonly status: number;
  readonly html: string;
  readonly kind: string | undefined;
  readonly reason: string | undefined;
}

export const READER_PASSWORD = "an owl in the attic";

export async function addReader(platform: Platform, username: string): Promise<UserBrowser> {
  await platform.api.expect(User, "POST", "/users", {
    username,
    email: `${username}@example.org`,
    password: READER_PASSWORD,
    role: "reader",
  });
  return await UserBrowser.signIn(platform, username, READER_PASSWORD);
}
