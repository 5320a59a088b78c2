/** The client that an administrator registered at a plugin's provider. */
import type {
  CallContext,
  Manifest,
  OauthClient,
  OauthClientChange,
  PluginId,
  Subject,
} from "@codex/protocol";
import { insertAuditLine } from "../db/audit_queries.ts";
import { findOauthClient, upsertOauthClient } from "../db/oauth_client_queries.ts";
import { deleteSecrets, listSecretNames, type SecretOwner } from "../db/vault_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { ownRedirectUrl, redirectUrlOf } from "../domain/redirect_url.ts";
import type { VaultClosed } from "../domain/vault_closed.ts";
import type { TokenClient } from "../token_endpoint.ts";
import { readSecret, storeSecret } from "./vault.ts";

type ClientDeps = Pick<AuthDeps, "db" | "now" | "keyring" | "pluginHost" | "redirectUrl">;
type OauthDeclaration = NonNullable<Manifest["oauth"]>;

export type OauthClientResult =
  | { readonly kind: "found"; readonly client: OauthClient }
  /** The plugin's users don't sign in anywhere, or nobody approved yet where. */
  | { readonly kind: "no_oauth"; readonly pluginName: string }
  | VaultClosed;

const CLIENT_SECRET = "client_secret";

const secretOf = (pluginId: string): SecretOwner => ({
  purpose: "oauth_client_secret",
  ownerId: pluginId,
});

/** What is set, as far as it may be shown. */
export async function showOauthClient(
  deps: ClientDeps,
  context: CallContext,
  pluginId: PluginId,
): Promise<OauthClientResult> {
  const plugin = await deps.pluginHost.getPlugin(context, pluginId);
  const oauth = plugin.manifest?.oauth;
  if (oauth === undefined) return { kind: "no_oauth", pluginName: plugin.name };
  const row = await findOauthClient(deps.db, pluginId);
  const names = await listSecretNames(deps.db, secretOf(pluginId));
  return {
    kind: "found",
    client: {
      clientId: row?.clientId ?? oauth.clientId ?? null,
      hasClientSecret: names.includes(CLIENT_SECRET),
      redirectUrl: redirectUrlOf(deps.redirectUrl, pluginId, row?.ownRedirect ?? false),
      commonRedirectUrl: deps.redirectUrl,
      ownRedirectUrl: ownRedirectUrl(deps.redirectUrl, pluginId),
      usesOwnRedirectUrl: row?.ownRedirect ?? false,
      authorizationUrl: oauth.authorizationUrl,
      tokenUrl: oauth.tokenUrl,
      pkce: oauth.pkce,
    },
  };
}

export async function changeOauthClient(
  deps: ClientDeps,
  context: CallContext,
  subject: Subject,
  pluginId: PluginId,
  change: OauthClientChange,
): Promise<OauthClientResult> {
  const plugin = await deps.pluginHost.getPlugin(context, pluginId);
  if (plugin.manifest?.oauth === undefined) return { kind: "no_oauth", pluginName: plugin.name };
  const { clientId, clientSecret, useOwnRedirectUrl: ownRedirect } = change;
  const { keyring } = deps;
  if (clientSecret && keyring === null) return { kind: "no_key" };

  const updatedAt = new Date(deps.now());
  await deps.db.transaction(async (tx) => {
    await upsertOauthClient(tx, {
      pluginId,
      clientId,
      updatedAt,
      ...(ownRedirect !== undefined && { ownRedirect }),
    });
    const owner = secretOf(pluginId);
    if (clientSecret && keyring !== null) {
      await storeSecret(tx, keyring, owner, { name: CLIENT_SECRET, text: clientSecret, updatedAt });
    } else if (clientSecret !== undefined) {
      await deleteSecrets(tx, owner);
    }
    await insertAuditLine(tx, {
      at: updatedAt,
      source: "auth",
      actorId: subject.userId,
      action: "plugin.oauth_client_set",
      target: pluginId,
      detail: {
        clientId,
        ...(clientSecret !== undefined && { secretChanged: true }),
        ...(ownRedirect !== undefined && { ownRedirect }),
      },
    });
  });
  return await showOauthClient(deps, context, pluginId);
}

export type TokenClientResult =
  | { readonly kind: "ok"; readonly client: TokenClient; readonly ownRedirect: boolean }
  | { readonly kind: "not_configured" }
  | VaultClosed;

/** The client that codes and refresh tokens of a plugin's users are exchanged as. */
export async function openTokenClient(
  deps: Pick<AuthDeps, "db" | "keyring">,
  pluginId: string,
  oauth: OauthDeclaration,
): Promise<TokenClientResult> {
  const row = await findOauthClient(deps.db, pluginId);
  const clientId = row?.clientId ?? oauth.clientId;
  if (clientId === undefined) return { kind: "not_configured" };
  const secret = await readSecret(deps, secretOf(pluginId), CLIENT_SECRET);
  if (secret.kind !== "ok") return secret;
  return {
    kind: "ok",
    client: { clientId, clientSecret: secret.text, secretBy: row?.secretBy ?? null },
    ownRedirect: row?.ownRedirect ?? false,
  };
}
