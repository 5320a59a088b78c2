/** Signing in at a plugin's provider: the browser's side of it. auth has the rest. */
import { type Context, Hono } from "hono";
import {
  API_BASE,
  type AuthService,
  OauthCallbackQuery,
  type OauthOutcome,
  PathPluginId,
  type PluginId,
  type Principal,
} from "@codex/protocol";
import {
  callContext,
  describeError,
  type Logger,
  path,
  ProblemError,
  requestIdOf,
} from "@codex/service";
import outcomeScript from "../assets/oauth_outcome.js" with { type: "text" };
import outcomeStyle from "../assets/oauth_outcome.css" with { type: "text" };
import { failureWords, type PageFailure } from "../domain/oauth_words.ts";
import { type FlowCookie, flowCookie } from "../flow_cookie.ts";
import type { GatewayEnv } from "../gateway_env.ts";
import { type Guard, presentedCredential } from "../guard.ts";
import { operationById } from "../operation_by_id.ts";
import type { Principals } from "../principals.ts";
import type { SessionCookie } from "../session_cookie.ts";
import { asset, assetResponse } from "./assets.ts";
import { pageResponse } from "./page.tsx";

export interface OauthRouteOptions {
  readonly guard: Guard;
  readonly principals: Principals;
  readonly cookie: SessionCookie;
  readonly auth: Pick<AuthService, "startOauth" | "finishOauth">;
  readonly logger: Logger;
  /** Where people reach the server. */
  readonly publicUrl: URL;
}

const PLUGINS = `${API_BASE}/user/plugins`;
/** Of the plugins whose administrator chose no redirect URL of their own. */
const CALLBACK = `${PLUGINS}/oauth/callback`;
const callbackOf = (pluginId: PluginId) => `${PLUGINS}/${pluginId}/oauth/callback`;
const SCRIPT = "/assets/oauth_outcome.js";
const STYLE = "/assets/oauth_outcome.css";

export function oauthRoutes(options: OauthRouteOptions) {
  const { auth, cookie, publicUrl } = options;
  const cookieAt = (callback: string) => flowCookie(callback, publicUrl.protocol === "https:");
  const urlOf = (callback: string) => `${publicUrl.href.replace(/\/+$/, "")}${callback}`;
  const script = asset(outcomeScript, "text/javascript");
  const style = asset(outcomeStyle, "text/css");
  const guard = (operationId: string) => options.guard(operationById(operationId));

  return new Hono<GatewayEnv>()
    .post(
      `${API_BASE}/user/plugins/:pluginId/oauth/start`,
      guard("startUserPluginOauth"),
      path(PathPluginId),
      async (c) => {
        const sessionId = c.get("principal")?.sessionId;
        // A token that a program holds says nothing about the browser that will come back.
        if (sessionId === undefined || presentedCredential(c, cookie).kind !== "cookie") {
          throw new ProblemError(
            "session_required",
            "Sign in to Codex in a browser and connect there: this needs the session cookie",
          );
        }
        const { pluginId } = c.req.valid("param");
        const started = await auth.startOauth(callContext(c), pluginId, sessionId);
        cookieAt(started.ownRedirect ? callbackOf(pluginId) : CALLBACK)
          .set(c, started.state, started.browserToken, new Date(started.expiresAt));
        return c.json({ redirectUrl: started.redirectUrl }, 200);
      },
    )
    .get(CALLBACK, guard("finishUserPluginOauth"), (c) => finishPage(c, undefined))
    .get(
      `${PLUGINS}/:pluginId/oauth/callback`,
      guard("finishUserPluginOauthOfPlugin"),
      path(PathPluginId),
      (c) => finishPage(c, c.req.valid("param").pluginId),
    )
    .get(SCRIPT, (c) => assetResponse(c, script))
    .get(STYLE, (c) => assetResponse(c, style));

  /** @param pluginId whose own redirect URL the browser came back to */
  async function finishPage(c: Context<GatewayEnv>, pluginId: PluginId | undefined) {
    // The opener is another window of this site, reached across the provider's pages.
    c.header("cross-origin-opener-policy", "unsafe-none");
    const callback = pluginId === undefined ? CALLBACK : callbackOf(pluginId);
    return outcomePage(c, await finish(c, pluginId, cookieAt(callback)), urlOf(callback));
  }

  async function finish(
    c: Context<GatewayEnv>,
    pluginId: PluginId | undefined,
    flows: FlowCookie,
  ): Promise<PageOutcome> {
    const query = OauthCallbackQuery.safeParse(c.req.query());
    const { state, code, error, error_description, iss } = query.data ?? {};
    if (state === undefined) return { kind: "failed", reason: "incomplete" };
    try {
      const principal = await sessionOf(c);
      if (principal === null) return { kind: "failed", reason: "signed_out" };
      const browserToken = flows.read(c, state);
      flows.clear(c, state);
      const context = { ...callContext(c), subject: principal.subject };
      return await auth.finishOauth(context, {
        state,
        ...(browserToken !== undefined && { browserToken }),
        ...(code !== undefined && { code }),
        ...(error !== undefined && { error }),
        ...(error_description !== undefined && { errorDescription: error_description }),
        ...(iss !== undefined && { issuer: iss }),
        ...(pluginId !== undefined && { pluginId }),
      });
    } catch (thrown) {
      const requestId = requestIdOf(c);
      options.logger.warn("A sign-in broke off", { requestId, ...describeError(thrown) });
      return { kind: "failed", reason: "server" };
    }
  }

  /** The user whose session this browser has. */
  async function sessionOf(c: Context<GatewayEnv>): Promise<Principal | null> {
    const token = cookie.read(c);
    if (token === undefined) return null;
    const principal = await options.principals.resolve(requestIdOf(c), token);
    return principal?.kind === "session" ? principal : null;
  }
}

type PageOutcome =
  | OauthOutcome
  | { readonly kind: "failed"; readonly reason: PageFailure };

function outcomePage(c: Context<GatewayEnv>, outcome: PageOutcome, redirectUrl: string) {
  const status = outcome.kind === "connected" ? 200 : 400;
  const name = "pluginName" in outcome ? outcome.pluginName : undefined;
  const words = outcome.kind === "connected"
    ? {
      headline: `${name} is connected`,
      explanation: "Codex can use it for you now.",
      advice: "You can close this window.",
    }
    : failureWords(outcome.reason, name, redirectUrl);
  return pageResponse(c, {
    title: words.headline,
    stylesheets: [STYLE],
    status,
    body: (
      <main
        id="outcome"
        class={outcome.kind}
        data-kind={outcome.kind}
        data-reason={outcome.kind === "failed" ? outcome.reason : undefined}
        data-plugin-id={"pluginId" in outcome ? outcome.pluginId : undefined}
      >
        <h1>{words.headline}</h1>
        <p>{words.explanation}</p>
        <p>{words.advice}</p>
        {outcome.kind === "failed" && <p class="quiet">Request id {requestIdOf(c)}</p>}
        <script src={SCRIPT}></script>
      </main>
    ),
  });
}
