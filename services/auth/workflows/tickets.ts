/**
 * Connection tickets: what lets another service touch one connection for five minutes
 * (architecture.md: "Identity between services").
 */
import type {
  CallContext,
  Connection,
  ConnectionSecrets,
  PluginId,
  Subject,
  TicketAnswer,
} from "@codex/protocol";
import {
  type ConnectionRow,
  findConnection,
  findConnectionById,
  requireReconnection,
} from "../db/connection_queries.ts";
import { findGrant, requestRefresh } from "../db/oauth_grant_queries.ts";
import type { AuthDeps, FreshResult } from "../deps.ts";
import { toConnection } from "./connection_shape.ts";
import { readSecrets } from "./vault.ts";

type TicketDeps = Pick<AuthDeps, "db" | "tickets" | "tokens">;

export type ConnectionRefusal =
  | { readonly kind: "not_found" }
  | { readonly kind: "disabled" }
  | { readonly kind: "not_connected"; readonly connection: Connection }
  | Exclude<FreshResult, { kind: "settled" }>;

export type TicketRefusal = {
  readonly kind: "ticket_refused";
  readonly reason: "expired" | "invalid";
};

export type IssueResult =
  | { readonly kind: "issued"; readonly answer: TicketAnswer }
  | ConnectionRefusal;

export type RenewResult = IssueResult | TicketRefusal;

export type ReleaseResult =
  | { readonly kind: "released"; readonly secrets: ConnectionSecrets }
  | ConnectionRefusal
  | TicketRefusal;

/** A token that was obtained less than this long ago and is refused is refused for good. */
const TOKEN_PROBATION_MS = 60_000;

/** A ticket for the user's own connection to a plugin. */
export async function issueTicket(
  deps: TicketDeps,
  context: CallContext,
  subject: Subject,
  pluginId: PluginId,
): Promise<IssueResult> {
  return await issueFor(deps, context, await findConnection(deps.db, subject.userId, pluginId));
}

/** A live process goes on as long as its connection is there, enabled and connected. */
export async function renewTicket(
  deps: TicketDeps,
  context: CallContext,
  ticket: string,
): Promise<RenewResult> {
  const verified = await deps.tickets.verifyForRenewal(ticket);
  if (!verified.ok) return { kind: "ticket_refused", reason: verified.reason };
  const { connectionId } = verified.claims;
  return await issueFor(deps, context, await findConnectionById(deps.db, connectionId));
}

/** What a connection's process may know, against its ticket alone. */
export async function releaseSecrets(
  deps: TicketDeps & Pick<AuthDeps, "keyring">,
  context: CallContext,
  ticket: string,
): Promise<ReleaseResult> {
  const verified = await deps.tickets.verify(ticket);
  if (!verified.ok) return { kind: "ticket_refused", reason: verified.reason };
  const row = await findConnectionById(deps.db, verified.claims.connectionId);
  const usable = await freshen(deps, context, row);
  if (usable.kind !== "usable") return usable;
  const { connection } = usable;
  const read = await readSecrets(deps, {
    purpose: "connection_credential",
    ownerId: connection.id,
  });
  if (read.kind !== "ok") return read;
  return { kind: "released", secrets: { connection, credentials: read.values } };
}

/**
 * A plugin's service refused what the process of this ticket was started with. A token that can be
 * renewed is; anything else needs the user.
 */
export async function noteAuthFailure(
  deps: Pick<AuthDeps, "db" | "now" | "tickets">,
  ticket: string,
  reason: string,
): Promise<{ readonly kind: "noted" } | TicketRefusal> {
  // The call may have taken longer than the ticket had left.
  const verified = await deps.tickets.verifyForRenewal(ticket);
  if (!verified.ok) return { kind: "ticket_refused", reason: verified.reason };
  const { connectionId, revision } = verified.claims;
  const row = await findConnectionById(deps.db, connectionId);
  if (row === undefined || row.revision !== revision) return { kind: "noted" };
  const grant = await findGrant(deps.db, connectionId);
  const now = deps.now();
  if (grant?.refreshable && now - grant.obtainedAt.getTime() >= TOKEN_PROBATION_MS) {
    await requestRefresh(deps.db, connectionId, new Date(now));
  } else {
    await requireReconnection(deps.db, { id: connectionId, revision }, reason);
  }
  return { kind: "noted" };
}

async function issueFor(
  deps: TicketDeps,
  context: CallContext,
  row: ConnectionRow | undefined,
): Promise<IssueResult> {
  const usable = await freshen(deps, context, row);
  if (usable.kind !== "usable") return usable;
  const { connection, revision } = usable;
  const { ticket, expiresAt } = await deps.tickets.sign({
    connectionId: connection.id,
    pluginId: connection.pluginId,
    userId: connection.userId,
    revision,
  });
  return { kind: "issued", answer: { ticket, expiresAt: expiresAt.toISOString(), connection } };
}

type Usability =
  | { readonly kind: "usable"; readonly connection: Connection; readonly revision: number }
  | ConnectionRefusal;

/** The connection as it is once its token is good for a while. */
async function freshen(
  deps: TicketDeps,
  context: CallContext,
  row: ConnectionRow | undefined,
): Promise<Usability> {
  const usable = checkUsable(row);
  if (usable.kind !== "usable") return usable;
  const fresh = await deps.tokens.ensureFresh(context, usable.connection);
  if (fresh.kind !== "settled") return fresh;
  if (!fresh.changed) return usable;
  return checkUsable(await findConnectionById(deps.db, usable.connection.id));
}

function checkUsable(row: ConnectionRow | undefined): Usability {
  if (row === undefined) return { kind: "not_found" };
  if (!row.enabled) return { kind: "disabled" };
  const connection = toConnection(row);
  if (connection.status !== "connected") return { kind: "not_connected", connection };
  return { kind: "usable", connection, revision: row.revision };
}
