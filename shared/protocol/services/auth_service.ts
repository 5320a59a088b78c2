/** What other services ask of auth. */
import { z } from "zod";
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
  externalUsername: z.string().optional(),
  externalAvatarUrl: z.string().optional(),
  createdAt: IsoDateTime,
});
export type Connection = z.infer<typeof Connection>;

export const ConnectionsAnswer = z.object({
  connections: z.array(Connection),
  /** Purges still owed of former connections: plugin → services. */
  purgesOwed: z.record(z.string(), z.array(z.string())),
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

  /** A ticket for the subject's connection to a plugin; `not_found` where there is none. */
  issueTicket(context: CallContext, pluginId: PluginId): Promise<TicketAnswer>;
  /** A new ticket for a live process, against its old one; `unauthenticated` once the connection is gone. */
  renewTicket(context: CallContext, ticket: string): Promise<TicketAnswer>;
  /** Secrets of the connection that a ticket names. */
  releaseConnectionSecrets(context: CallContext, ticket: string): Promise<ConnectionSecrets>;

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
