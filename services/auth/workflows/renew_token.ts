/** One attempt to renew a connection's token at its provider (RFC 6749 section 6), and what comes of it. */
import type { Keyring } from "@codex/crypto";
import type { CallContext, ConnectionId, PluginId } from "@codex/protocol";
import {
  advanceRevision,
  lockConnectionById,
  markExpiredConnections,
  setConnectionStatus,
} from "../db/connection_queries.ts";
import { setSecretBy } from "../db/oauth_client_queries.ts";
import { deleteHeldGrant, settleGrant } from "../db/oauth_grant_queries.ts";
import { deleteSecrets } from "../db/vault_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { ACCESS_TOKEN } from "../domain/connection_rules.ts";
import type { Tokens } from "../domain/token_answer.ts";
import { tokenTimes } from "../domain/token_lifetime.ts";
import type { VaultClosed } from "../domain/vault_closed.ts";
import { requestTokens, type TokenFailure } from "../token_endpoint.ts";
import { REFRESH_TOKEN } from "./new_credentials.ts";
import { openTokenClient } from "./oauth_clients.ts";
import { readSecret, storeSecret } from "./vault.ts";

type RenewDeps = Pick<AuthDeps, "db" | "now" | "keyring" | "pluginHost" | "guardedFetch">;

interface Subject {
  readonly id: ConnectionId;
  readonly pluginId: PluginId;
}

export type RenewOutcome =
  | { readonly kind: "renewed" }
  /** The provider has taken the grant back. */
  | { readonly kind: "revoked" }
  /** To be tried again later; fields beyond these are for the log. */
  | {
    readonly kind: "failed";
    readonly detail: string;
    readonly retryAfterSeconds?: number;
    readonly closed?: VaultClosed;
  };

const SIGN_IN_ENDED = "The sign-in has ended: connect again";
const SIGN_IN_REVOKED = "The service has ended the sign-in: connect again";

export async function renewToken(
  deps: RenewDeps,
  context: CallContext,
  { id, pluginId }: Subject,
  leaseId: string,
): Promise<RenewOutcome> {
  const { keyring } = deps;
  if (keyring === null) return locked({ kind: "no_key" });
  const plugin = await deps.pluginHost.getPlugin(context, pluginId);
  const oauth = plugin.manifest?.oauth;
  if (oauth === undefined || !plugin.usable) {
    return { kind: "failed", detail: `Plugin "${plugin.name}" is off` };
  }
  const opened = await openTokenClient(deps, pluginId, oauth);
  if (opened.kind === "not_configured") return { kind: "failed", detail: "No OAuth client is set" };
  if (opened.kind !== "ok") return locked(opened);
  const owner = { purpose: "oauth_refresh_token", ownerId: id } as const;
  const secret = await readSecret(deps, owner, REFRESH_TOKEN);
  if (secret.kind !== "ok") return locked(secret);
  // Gone with a disconnect or a new sign-in that came in between.
  if (secret.text === null) return { kind: "failed", detail: "There is no refresh token any more" };

  const { client } = opened;
  const outcome = await requestTokens(deps.guardedFetch, oauth.tokenUrl, client, {
    type: "refresh_token",
    refreshToken: secret.text,
  });
  if (outcome.kind !== "tokens") return toRenewOutcome(outcome);
  if (outcome.secretBy !== null && outcome.secretBy !== client.secretBy) {
    await setSecretBy(deps.db, pluginId, outcome.secretBy);
  }
  await keepTokens(deps, keyring, id, leaseId, outcome.tokens);
  return { kind: "renewed" };
}

/** Tokens whose lease was lost, to a new sign-in or a disconnect, are nobody's. */
async function keepTokens(
  deps: RenewDeps,
  keyring: Keyring,
  id: ConnectionId,
  leaseId: string,
  { accessToken, refreshToken, expiresInSeconds }: Tokens,
): Promise<void> {
  const now = deps.now();
  const updatedAt = new Date(now);
  const times = tokenTimes(now, expiresInSeconds, true);
  await deps.db.transaction(async (tx) => {
    if (!await lockConnectionById(tx, id)) return;
    const settled = { ...times, obtainedAt: updatedAt, refreshable: true };
    if (!await settleGrant(tx, id, leaseId, settled)) return;
    await advanceRevision(tx, id);
    const access = { name: ACCESS_TOKEN, text: accessToken, updatedAt };
    await storeSecret(tx, keyring, { purpose: "connection_credential", ownerId: id }, access);
    // Without a new one the old stays good (RFC 6749 section 6).
    if (refreshToken === undefined) return;
    const refresh = { name: REFRESH_TOKEN, text: refreshToken, updatedAt };
    await storeSecret(tx, keyring, { purpose: "oauth_refresh_token", ownerId: id }, refresh);
  });
}

function locked(closed: VaultClosed): RenewOutcome {
  return { kind: "failed", detail: "The vault is closed", retryAfterSeconds: 60, closed };
}

function toRenewOutcome(failure: TokenFailure): RenewOutcome {
  switch (failure.kind) {
    case "error": {
      const { code, description } = failure;
      // Of the errors this alone speaks of the user's grant; the others are the administrator's.
      if (code === "invalid_grant") return { kind: "revoked" };
      return { kind: "failed", detail: `The provider refuses: ${code} ${description}`.trim() };
    }
    case "rate_limited": {
      const { retryAfterSeconds } = failure;
      const detail = "The provider has had too many attempts";
      return { kind: "failed", detail, ...(retryAfterSeconds && { retryAfterSeconds }) };
    }
    case "unavailable":
    case "unusable":
    case "address_refused":
      return { kind: "failed", detail: failure.detail };
  }
}

/** The user has to sign in again; configuration and data stay, tokens that are worth nothing don't. */
export async function loseGrant(
  deps: Pick<AuthDeps, "db">,
  { id }: Subject,
  leaseId: string,
): Promise<void> {
  await deps.db.transaction(async (tx) => {
    if (!await lockConnectionById(tx, id)) return;
    if (!await deleteHeldGrant(tx, id, leaseId)) return;
    await deleteSecrets(tx, { purpose: "oauth_refresh_token", ownerId: id });
    const owner = { purpose: "connection_credential", ownerId: id } as const;
    await deleteSecrets(tx, owner, [ACCESS_TOKEN]);
    await setConnectionStatus(tx, id, "needs_reconnection", SIGN_IN_REVOKED);
  });
}

/** Marks a connection, or every one, whose token has ended with nothing to renew it by. */
export async function markExpired(
  deps: Pick<AuthDeps, "db" | "now">,
  id?: ConnectionId,
): Promise<void> {
  await markExpiredConnections(deps.db, new Date(deps.now()), SIGN_IN_ENDED, id);
}
