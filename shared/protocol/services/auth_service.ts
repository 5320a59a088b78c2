/** What other services ask of auth. */
import { z } from "zod";
import type { CredentialsRequest } from "../api/oauth.ts";
import { ConnectionStatus } from "../api/user_plugins.ts";
import { ConnectionId, PluginId, SessionId, UserId } from "../ids.ts";
import { Subject } from "../identity.ts";
import { IsoDateTime, JsonObject } from "../json.ts";
import type { CallContext } from "./call_context.ts";

/** Who presented a session token or API token to the gateway. */
export const Principal = z.object({
  subject: Subject,
  kind: z.enum(["session", "api_key"]),
  sessionId: SessionId.optional(),
});
export type Principal = z.infer<typeof Principal>;

export const ResolveRequest = z.object({ token: z.string().min(1).max(512) });
export const ResolveAnswer = z.object({ principal: Principal.nullable() });

export const Connection = z.object({
  id: ConnectionId,
  userId: UserId,
  pluginId: PluginId,
  enabled: z.boolean(),
  status: ConnectionStatus,
  statusReason: z.string().optional(),
  /** With `_codex`: the server's own part, which no plugin gets. */
  config: JsonObject,
  /** The account at the plugin's service, once that has told it. */
  externalId: z.string().optional(),
  externalUsername: z.string().optional(),
  externalAvatarUrl: z.string().optional(),
  createdAt: IsoDateTime,
});
export type Connection = z.infer<typeof Connection>;

export const ConnectionsAnswer = z.object({
  connections: z.array(Connection),
  /** Purges still owed of former connections: plugin → services. */
  purgesOwed: z.record(z.string(), z.array(z.string())),
  /** Plugins whose OAuth client the administrator has set. */
  oauthClients: z.array(PluginId).default([]),
});
export type ConnectionsAnswer = z.infer<typeof ConnectionsAnswer>;

export const TicketAnswer = z.object({
  ticket: z.string(),
  expiresAt: IsoDateTime,
  connection: Connection,
});
export type TicketAnswer = z.infer<typeof TicketAnswer>;

/** A ticket that is presented to auth. */
export const TicketRequest = z.object({ ticket: z.string().min(1).max(8192) });

/** A plugin refused what its connection was started with: the ticket that was used for the call. */
export const AuthFailureReport = TicketRequest.extend({
  /** What the user reads. */
  reason: z.string().max(500),
});

export const OauthStartRequest = z.object({ sessionId: SessionId });
export const StartedOauth = z.object({
  redirectUrl: z.string(),
  /** Comes back in the redirect; the gateway names the flow's cookie by it. */
  state: z.string(),
  /** For the cookie: proves that the flow ends in the browser that began it. */
  browserToken: z.string(),
  expiresAt: IsoDateTime,
  /**
   * The provider sends the browser back to the plugin's own redirect URL, not to the common one.
   */
  ownRedirect: z.boolean(),
});
export type StartedOauth = z.infer<typeof StartedOauth>;

/** What a browser came back with. */
export const OauthReturn = z.object({
  state: z.string().min(1).max(512),
  /** Of the flow's cookie. */
  browserToken: z.string().max(512).optional(),
  code: z.string().min(1).max(8192).optional(),
  error: z.string().max(200).optional(),
  errorDescription: z.string().max(4000).optional(),
  issuer: z.string().max(2000).optional(),
  /** Whose redirect URL the browser came back to; none for the common one. */
  pluginId: PluginId.optional(),
});
export type OauthReturn = z.infer<typeof OauthReturn>;

/** Why a sign-in at a provider came to nothing; what the reader is told is made of it. */
export const OauthFailure = z.enum([
  /** Nothing is known of this state: it was used, or never given out. */
  "used",
  "expired",
  "other_user",
  "other_browser",
  /** The user said no at the provider. */
  "denied",
  "redirect_mismatch",
  /** The provider doesn't know the client, or not its secret. */
  "client_refused",
  "code_refused",
  /** The provider has had too many attempts. */
  "too_many_attempts",
  "unreachable",
  /** An address that this server doesn't fetch from. */
  "address_refused",
  "bad_answer",
  /** Any other error that the provider names. */
  "provider_refused",
  /** The administrator changed what the flow was begun with. */
  "settings_changed",
  /** The user disconnected, or the plugin was deleted, while the provider took its time. */
  "called_off",
  "plugin_off",
  "no_key",
]);
export type OauthFailure = z.infer<typeof OauthFailure>;

export const OauthOutcome = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("connected"), pluginId: PluginId, pluginName: z.string() }),
  z.object({
    kind: z.literal("failed"),
    reason: OauthFailure,
    pluginId: PluginId.optional(),
    pluginName: z.string().optional(),
  }),
]);
export type OauthOutcome = z.infer<typeof OauthOutcome>;

/** Secrets of a plugin that plugin-host hands to the vault; `null` removes one, what is not named stays. */
export const PluginSecretsChange = z.object({
  credentials: z.record(z.string().min(1).max(128), z.string().max(32_768).nullable()),
});
export type PluginSecretsChange = z.infer<typeof PluginSecretsChange>;
export const PluginSecrets = z.object({ credentials: z.record(z.string(), z.string()) });
export type PluginSecrets = z.infer<typeof PluginSecrets>;

/** What a connection's process gets at `initialize`. */
export const ConnectionSecrets = z.object({
  connection: Connection,
  credentials: z.record(z.string(), z.string()),
});
export type ConnectionSecrets = z.infer<typeof ConnectionSecrets>;

export const NewAuditEntry = z.object({
  action: z.string().min(1).max(100).regex(/^[a-z_]+(\.[a-z_]+)+$/),
  target: z.string().max(200).optional(),
  /** Who did it, from a service that may not assert users (plugin-host); else the context's subject. */
  actorId: UserId.optional(),
  detail: JsonObject.default({}),
});
export type NewAuditEntry = z.input<typeof NewAuditEntry>;

export interface AuthService {
  /** The principal of a session or API token, or null when there is none (unknown, expired, revoked). */
  resolve(context: CallContext, token: string): Promise<Principal | null>;

  /** Connections of the context's subject. */
  listConnections(context: CallContext): Promise<ConnectionsAnswer>;
  enableConnection(context: CallContext, pluginId: PluginId): Promise<Connection>;
  disableConnection(context: CallContext, pluginId: PluginId): Promise<void>;
  configureConnection(
    context: CallContext,
    pluginId: PluginId,
    config: JsonObject,
  ): Promise<Connection>;
  disconnect(context: CallContext, pluginId: PluginId): Promise<void>;
  /** Connects by what the user entered; `bad_request` names every wrong credential. */
  setCredentials(
    context: CallContext,
    pluginId: PluginId,
    request: CredentialsRequest,
  ): Promise<Connection>;

  /** Begins a sign-in at the plugin's provider; `rate_limited` beyond three that are pending. */
  startOauth(
    context: CallContext,
    pluginId: PluginId,
    sessionId: SessionId,
  ): Promise<StartedOauth>;
  /** Ends one, well or not; whatever comes of it, the state is used up. */
  finishOauth(context: CallContext, back: OauthReturn): Promise<OauthOutcome>;

  /** A ticket for the subject's connection to a plugin; `not_found` where there is none. */
  issueTicket(context: CallContext, pluginId: PluginId): Promise<TicketAnswer>;
  /** A new ticket for a live process, against its old one; `unauthenticated` once the connection is gone. */
  renewTicket(context: CallContext, ticket: string): Promise<TicketAnswer>;
  /** Secrets of the connection that a ticket names. */
  releaseConnectionSecrets(context: CallContext, ticket: string): Promise<ConnectionSecrets>;
  /**
   * Tells that a plugin answered -32003 to a call with this ticket: the token is renewed, or the
   * connection needs the user again. Without effect once the credentials have changed since.
   */
  reportAuthFailure(context: CallContext, ticket: string, reason: string): Promise<void>;

  putPluginSecrets(
    context: CallContext,
    pluginId: PluginId,
    change: PluginSecretsChange,
  ): Promise<void>;
  getPluginSecrets(context: CallContext, pluginId: PluginId): Promise<PluginSecrets>;
  /** Deletes a plugin's secrets and every connection to it, with the purges that follow. */
  deletePlugin(context: CallContext, pluginId: PluginId): Promise<void>;

  /** Adds a line to the audit log; the actor is the context's subject, or the one named. */
  appendAudit(context: CallContext, entry: NewAuditEntry): Promise<void>;
}
