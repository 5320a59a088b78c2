/** What follows once a user has signed in somewhere or entered credentials: the connection has them. */
import type { Keyring } from "@codex/crypto";
import type { Connection, Manifest, PluginId, UserId } from "@codex/protocol";
import { insertAuditLine } from "../db/audit_queries.ts";
import {
  type ConnectionRow,
  openConnection,
  setConnectionStatus,
  setExternalIdentity,
} from "../db/connection_queries.ts";
import { type Executor, isForeignKeyViolation } from "../db/database.ts";
import { endExchange } from "../db/oauth_flow_queries.ts";
import { deleteGrant, type GrantTimes, upsertGrant } from "../db/oauth_grant_queries.ts";
import { deleteSecrets, listSecretNames } from "../db/vault_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { ACCESS_TOKEN, statusOf } from "../domain/connection_rules.ts";
import { toConnection } from "./connection_shape.ts";
import { storeSecret } from "./vault.ts";

export interface NewCredentials {
  readonly userId: UserId;
  readonly pluginId: PluginId;
  readonly manifest: Manifest;
  /** By the names under which a process gets them. */
  readonly values: Readonly<Record<string, string>>;
  /** Of an access token that a provider gave out; undefined for what was typed in. */
  readonly grant: NewGrant | undefined;
}

export interface NewGrant extends GrantTimes {
  readonly refreshToken: string | undefined;
  /** Of the sign-in that brought it. */
  readonly exchangeId: string;
}

export type SaveResult =
  | { readonly kind: "saved"; readonly row: ConnectionRow; readonly connection: Connection }
  | { readonly kind: "user_gone" }
  /** The connection or the plugin was given up while the provider took its time. */
  | { readonly kind: "called_off" };

export const REFRESH_TOKEN = "refresh_token";

/** Makes the connection where there is none; an existing one keeps its id and configuration. */
export async function saveCredentials(
  deps: Pick<AuthDeps, "db" | "now">,
  keyring: Keyring,
  fresh: NewCredentials,
): Promise<SaveResult> {
  try {
    return await deps.db.transaction(async (tx): Promise<SaveResult> => {
      // First: a disconnect that comes now waits for this row, and then finds the connection.
      if (fresh.grant && !await endExchange(tx, fresh.grant.exchangeId)) {
        return { kind: "called_off" };
      }
      const row = await save(tx, keyring, fresh, new Date(deps.now()));
      return { kind: "saved", row, connection: toConnection(row) };
    });
  } catch (error) {
    if (isForeignKeyViolation(error)) return { kind: "user_gone" };
    throw error;
  }
}

async function save(
  tx: Executor,
  keyring: Keyring,
  { userId, pluginId, manifest, values, grant }: NewCredentials,
  at: Date,
): Promise<ConnectionRow> {
  const { id } = await openConnection(tx, { userId, pluginId, createdAt: at });
  const owner = { purpose: "connection_credential", ownerId: id } as const;
  for (const [name, text] of Object.entries(values)) {
    await storeSecret(tx, keyring, owner, { name, text, updatedAt: at });
  }
  if (values[ACCESS_TOKEN] !== undefined) {
    // The old refresh token belongs to the old access token, also where no new one came.
    await deleteSecrets(tx, { purpose: "oauth_refresh_token", ownerId: id });
    await deleteGrant(tx, id);
    // It may be another account.
    const unknown = { externalId: null, externalUsername: null, externalAvatarUrl: null };
    await setExternalIdentity(tx, id, unknown);
  }
  if (grant !== undefined) {
    const { refreshToken, exchangeId: _, ...times } = grant;
    await upsertGrant(tx, id, times);
    if (refreshToken !== undefined) {
      const secret = { name: REFRESH_TOKEN, text: refreshToken, updatedAt: at };
      await storeSecret(tx, keyring, { purpose: "oauth_refresh_token", ownerId: id }, secret);
    }
  }
  const { status, reason } = statusOf(manifest, await listSecretNames(tx, owner));
  const row = await setConnectionStatus(tx, id, status, reason);
  if (row === undefined) throw new Error("A connection went away under its lock");
  await insertAuditLine(tx, {
    at,
    source: "auth",
    actorId: userId,
    action: "connection.credentials_set",
    target: pluginId,
    detail: { by: grant === undefined ? "entered" : "oauth" },
  });
  return row;
}
