/** Begins a sign-in at a plugin's provider (security.md: "OAuth"). */
import { createCodeVerifier, encodeBase64url, hashToken, type Keyring } from "@codex/crypto";
import type {
  CallContext,
  PluginId,
  PluginSummary,
  SessionId,
  StartedOauth,
  Subject,
} from "@codex/protocol";
import { authorizationUrl } from "../authorization_url.ts";
import { insertOauthFlow, listPendingFlowEnds } from "../db/oauth_flow_queries.ts";
import { findSessionOf } from "../db/session_queries.ts";
import { lockUser } from "../db/user_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { FLOW_LIFETIME_MS, isSafeEndpoint, PENDING_FLOWS_MAX } from "../domain/oauth_flow.ts";
import { redirectUrlOf } from "../domain/redirect_url.ts";
import { sessionLimits } from "../domain/session_lifetime.ts";
import type { VaultClosed } from "../domain/vault_closed.ts";
import { openTokenClient } from "./oauth_clients.ts";
import { findUserPlugin, type PluginRefusal } from "./user_plugin.ts";
import { verifierContext } from "./vault.ts";

type StartDeps = Pick<
  AuthDeps,
  "db" | "now" | "random" | "keyring" | "pluginHost" | "redirectUrl" | "allowedHosts"
>;

export type StartResult =
  | { readonly kind: "started"; readonly started: StartedOauth }
  | PluginRefusal
  | { readonly kind: "no_oauth"; readonly plugin: PluginSummary }
  | { readonly kind: "unsafe_provider"; readonly plugin: PluginSummary }
  | { readonly kind: "not_configured"; readonly plugin: PluginSummary }
  | { readonly kind: "too_many"; readonly retryAfterSeconds: number }
  | { readonly kind: "session_gone" }
  | VaultClosed;

const RANDOM_BYTES = 32;

export async function startOauth(
  deps: StartDeps,
  context: CallContext,
  subject: Subject,
  pluginId: PluginId,
  sessionId: SessionId,
): Promise<StartResult> {
  const found = await findUserPlugin(deps, context, pluginId);
  if (found.kind !== "ok") return found;
  const { plugin, manifest } = found;
  if (manifest.oauth === undefined) return { kind: "no_oauth", plugin };
  if (!isSafeEndpoint(new URL(manifest.oauth.authorizationUrl), deps.allowedHosts)) {
    return { kind: "unsafe_provider", plugin };
  }
  // Without a key the tokens could not be kept: better told now than after the sign-in.
  const { keyring } = deps;
  if (keyring === null) return { kind: "no_key" };
  const opened = await openTokenClient(deps, pluginId, manifest.oauth);
  if (opened.kind === "not_configured") return { kind: "not_configured", plugin };
  if (opened.kind !== "ok") return opened;

  const { authorizationUrl: endpoint, tokenUrl, scopes, pkce } = manifest.oauth;
  const { clientId } = opened.client;
  const flow: NewFlow = {
    id: crypto.randomUUID(),
    state: encodeBase64url(deps.random(RANDOM_BYTES)),
    browserToken: encodeBase64url(deps.random(RANDOM_BYTES)),
    verifier: pkce ? createCodeVerifier(deps.random) : null,
    pluginId,
    clientId,
    tokenUrl,
    ownRedirect: opened.ownRedirect,
  };
  const kept = await keepFlow(deps, keyring, subject, sessionId, flow);
  if (kept.kind !== "kept") return kept;
  const { state, browserToken, verifier, ownRedirect } = flow;
  const redirectUrl = redirectUrlOf(deps.redirectUrl, pluginId, ownRedirect);
  const url = authorizationUrl({ endpoint, clientId, redirectUrl, scopes, state, verifier });
  const expiresAt = kept.expiresAt.toISOString();
  const started = { redirectUrl: url, state, browserToken, expiresAt, ownRedirect };
  return { kind: "started", started };
}

interface NewFlow {
  readonly id: string;
  readonly state: string;
  readonly browserToken: string;
  readonly verifier: string | null;
  readonly pluginId: PluginId;
  readonly clientId: string;
  readonly tokenUrl: string;
  readonly ownRedirect: boolean;
}

type KeepResult =
  | { readonly kind: "kept"; readonly expiresAt: Date }
  | Extract<StartResult, { kind: "too_many" | "session_gone" }>;

/** Writes the flow down if there is room, without anything that would let a reader of the row use it. */
async function keepFlow(
  deps: StartDeps,
  keyring: Keyring,
  { userId }: Subject,
  sessionId: SessionId,
  flow: NewFlow,
): Promise<KeepResult> {
  const { id, state, browserToken, verifier, ...rest } = flow;
  const now = deps.now();
  const expiresAt = new Date(now + FLOW_LIFETIME_MS);
  return await deps.db.transaction(async (tx): Promise<KeepResult> => {
    // One after the other: of any number at once, exactly as many get in as there is room for.
    const user = await lockUser(tx, userId);
    const session = user && await findSessionOf(tx, sessionId, userId, sessionLimits(now));
    if (session === undefined) return { kind: "session_gone" };
    const ends = await listPendingFlowEnds(tx, userId, new Date(now));
    const [firstEnd] = ends;
    if (firstEnd !== undefined && ends.length >= PENDING_FLOWS_MAX) {
      return { kind: "too_many", retryAfterSeconds: (firstEnd.getTime() - now) / 1000 };
    }
    await insertOauthFlow(tx, {
      ...rest,
      id,
      userId,
      stateHash: hashToken(state),
      browserHash: hashToken(browserToken),
      verifier: verifier === null ? null : keyring.encryptText(verifier, verifierContext(id)),
      createdAt: new Date(now),
      expiresAt,
    });
    return { kind: "kept", expiresAt };
  });
}
