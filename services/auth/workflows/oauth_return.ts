/** Ends a sign-in when the browser comes back from the provider (security.md: "OAuth"). */
import { hashToken, type Keyring } from "@codex/crypto";
import type {
  CallContext,
  OauthFailure,
  OauthOutcome,
  OauthReturn,
  PluginSummary,
  Subject,
} from "@codex/protocol";
import { PluginId } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { setSecretBy } from "../db/oauth_client_queries.ts";
import { endExchange, type OauthFlowRow, takeOauthFlow } from "../db/oauth_flow_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { ACCESS_TOKEN } from "../domain/connection_rules.ts";
import { hiding } from "../domain/hidden_secrets.ts";
import { failureOfError } from "../domain/oauth_failures.ts";
import { checkReturn, isIssuerOf } from "../domain/oauth_flow.ts";
import { redirectUrlOf } from "../domain/redirect_url.ts";
import type { Tokens } from "../domain/token_answer.ts";
import { tokenTimes } from "../domain/token_lifetime.ts";
import { requestTokens, type TokenClient, type TokenFailure } from "../token_endpoint.ts";
import { fillExternalIdentity } from "./external_identity.ts";
import { type NewGrant, saveCredentials } from "./new_credentials.ts";
import { openTokenClient } from "./oauth_clients.ts";
import { findUserPlugin, type UserPluginResult } from "./user_plugin.ts";
import { verifierContext } from "./vault.ts";

type ReturnDeps = Pick<
  AuthDeps,
  | "db"
  | "now"
  | "keyring"
  | "logger"
  | "pluginHost"
  | "tickets"
  | "guardedFetch"
  | "redirectUrl"
>;

/** Why it came to nothing, and what the log is to know beyond that. */
interface Failure {
  readonly reason: OauthFailure;
  readonly plugin?: PluginSummary;
  /** The provider's own word and text, or what is wrong with its answer. */
  readonly code?: string;
  readonly detail?: string;
}

/** Never throws for what a provider or browser does; the state is used up whatever comes of it. */
export async function finishOauth(
  deps: ReturnDeps,
  context: CallContext,
  subject: Subject,
  back: OauthReturn,
): Promise<OauthOutcome> {
  const result = await finish(deps, context, subject, back);
  if ("kind" in result) return result;
  const { reason, plugin, code, detail } = result;
  const hide = hiding([back.state, back.code, back.browserToken]);
  deps.logger.warn("A sign-in at the provider of {plugin} failed: {reason}", {
    plugin: plugin?.name ?? "unknown",
    reason,
    requestId: context.requestId,
    ...(code !== undefined && { providerError: hide(code) }),
    ...(detail !== undefined && { detail: hide(detail) }),
  });
  return {
    kind: "failed",
    reason,
    ...(plugin && { pluginId: plugin.id, pluginName: plugin.displayName }),
  };
}

async function finish(
  deps: ReturnDeps,
  context: CallContext,
  subject: Subject,
  back: OauthReturn,
): Promise<OauthOutcome | Failure> {
  const flow = await takeOauthFlow(deps.db, hashToken(back.state), new Date(deps.now()));
  if (flow === undefined) return { reason: "used" };
  try {
    return await exchange(deps, context, subject, back, flow);
  } finally {
    await endExchange(deps.db, flow.id);
  }
}

async function exchange(
  deps: ReturnDeps,
  context: CallContext,
  { userId }: Subject,
  back: OauthReturn,
  flow: OauthFlowRow,
): Promise<OauthOutcome | Failure> {
  const check = checkReturn(flow, { userId, browserToken: back.browserToken }, deps.now());
  if (check.kind === "failed") return { reason: check.reason };

  const found = await pluginOf(deps, context, flow);
  if (found.kind !== "ok") return { reason: "plugin_off" };
  const { plugin, manifest } = found;
  const { oauth } = manifest;
  // The answer of another provider, which was registered with another redirect URL.
  if (back.pluginId !== (flow.ownRedirect ? plugin.id : undefined)) {
    return { reason: "bad_answer", plugin, detail: "It came to another redirect URL" };
  }
  if (oauth !== undefined && !isIssuerOf(back.issuer, oauth)) {
    return { reason: "bad_answer", plugin, detail: `Another provider answers: ${back.issuer}` };
  }
  if (back.error !== undefined || back.code === undefined) return { plugin, ...refusalOf(back) };

  const { keyring } = deps;
  if (keyring === null) return { reason: "no_key", plugin };
  const opened = await openClient(deps, keyring, flow, found);
  if ("reason" in opened) return { plugin, ...opened };
  const { client, verifier } = opened;
  const outcome = await requestTokens(deps.guardedFetch, flow.tokenUrl, client, {
    type: "authorization_code",
    code: back.code,
    redirectUrl: redirectUrlOf(deps.redirectUrl, plugin.id, flow.ownRedirect),
    verifier,
  });
  if (outcome.kind !== "tokens") return { plugin, ...failureOf(outcome) };
  if (outcome.secretBy !== null && outcome.secretBy !== client.secretBy) {
    await setSecretBy(deps.db, plugin.id, outcome.secretBy);
  }

  const saved = await saveCredentials(deps, keyring, {
    userId,
    pluginId: plugin.id,
    manifest,
    values: { [ACCESS_TOKEN]: outcome.tokens.accessToken },
    grant: grantOf(outcome.tokens, deps.now(), flow.id),
  });
  if (saved.kind === "user_gone") return { reason: "other_user", plugin };
  if (saved.kind === "called_off") return { reason: "called_off", plugin };
  await fillExternalIdentity(deps, context, saved.row, plugin);
  return { kind: "connected", pluginId: plugin.id, pluginName: plugin.displayName };
}

/** Off, too, where the plugin is gone. */
async function pluginOf(
  deps: ReturnDeps,
  context: CallContext,
  flow: OauthFlowRow,
): Promise<UserPluginResult | { readonly kind: "gone" }> {
  try {
    return await findUserPlugin(deps, context, PluginId.parse(flow.pluginId));
  } catch (error) {
    if (error instanceof ProblemError && error.code === "not_found") return { kind: "gone" };
    throw error;
  }
}

function refusalOf({ error, errorDescription = "" }: OauthReturn): Omit<Failure, "plugin"> {
  if (error === undefined) return { reason: "bad_answer", detail: "Neither a code nor an error" };
  const reason = failureOfError("redirect", error, errorDescription);
  return { reason, code: error, detail: errorDescription };
}

/** The client and verifier that the flow was begun with; what was changed since ends it. */
async function openClient(
  deps: ReturnDeps,
  keyring: Keyring,
  flow: OauthFlowRow,
  { manifest }: Extract<UserPluginResult, { kind: "ok" }>,
): Promise<{ client: TokenClient; verifier: string | null } | Omit<Failure, "plugin">> {
  const changed = { reason: "settings_changed" } as const;
  if (manifest.oauth?.tokenUrl !== flow.tokenUrl) return changed;
  const opened = await openTokenClient(deps, flow.pluginId, manifest.oauth);
  if (opened.kind === "no_key" || opened.kind === "unknown_key") return { reason: "no_key" };
  if (opened.kind !== "ok" || opened.client.clientId !== flow.clientId) return changed;
  if (flow.verifier === null) return { client: opened.client, verifier: null };
  const verifier = keyring.decryptText(flow.verifier, verifierContext(flow.id));
  // Its key may have been taken away in the meantime.
  if (verifier.kind !== "ok") return { reason: "settings_changed", detail: verifier.kind };
  return { client: opened.client, verifier: verifier.text };
}

function failureOf(failure: TokenFailure): Omit<Failure, "plugin"> {
  switch (failure.kind) {
    case "error": {
      const { code, description } = failure;
      return { reason: failureOfError("token", code, description), code, detail: description };
    }
    case "rate_limited":
      return { reason: "too_many_attempts" };
    case "unavailable":
      return { reason: "unreachable", detail: failure.detail };
    case "unusable":
      return { reason: "bad_answer", detail: failure.detail };
    case "address_refused":
      return { reason: "address_refused", detail: failure.detail };
  }
}

function grantOf(
  { refreshToken, expiresInSeconds }: Tokens,
  now: number,
  exchangeId: string,
): NewGrant {
  const refreshable = refreshToken !== undefined;
  const times = tokenTimes(now, expiresInSeconds, refreshable);
  return { ...times, obtainedAt: new Date(now), refreshable, refreshToken, exchangeId };
}
