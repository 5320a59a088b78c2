/**
 * Connection tickets: what lets another service touch one connection for five minutes
 * (architecture.md: "Identity between services").
 */
import type {
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
} from "../db/connection_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { toConnection } from "./connection_shape.ts";
import { readSecrets, type VaultClosed } from "./vault.ts";

type TicketDeps = Pick<AuthDeps, "db" | "tickets">;

export type ConnectionRefusal =
  | { readonly kind: "not_found" }
  | { readonly kind: "disabled" }
  | { readonly kind: "not_connected"; readonly connection: Connection };

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
  | TicketRefusal
  | VaultClosed;

/** A ticket for the user's own connection to a plugin. */
export async function issueTicket(
  deps: TicketDeps,
  subject: Subject,
  pluginId: PluginId,
): Promise<IssueResult> {
  return await issueFor(deps, await findConnection(deps.db, subject.userId, pluginId));
}

/** A live process goes on as long as its connection is there, enabled and connected. */
export async function renewTicket(deps: TicketDeps, ticket: string): Promise<RenewResult> {
  const verified = await deps.tickets.verifyForRenewal(ticket);
  if (!verified.ok) return { kind: "ticket_refused", reason: verified.reason };
  return await issueFor(deps, await findConnectionById(deps.db, verified.claims.connectionId));
}

/** What a connection's process may know, against its ticket alone. */
export async function releaseSecrets(
  deps: TicketDeps & Pick<AuthDeps, "keyring">,
  ticket: string,
): Promise<ReleaseResult> {
  const verified = await deps.tickets.verify(ticket);
  if (!verified.ok) return { kind: "ticket_refused", reason: verified.reason };
  const usable = checkUsable(await findConnectionById(deps.db, verified.claims.connectionId));
  if (usable.kind !== "usable") return usable;
  const { connection } = usable;
  const read = await readSecrets(deps, {
    purpose: "connection_credential",
    ownerId: connection.id,
  });
  if (read.kind !== "ok") return read;
  return { kind: "released", secrets: { connection, credentials: read.values } };
}

async function issueFor(
  deps: TicketDeps,
  row: ConnectionRow | undefined,
): Promise<IssueResult> {
  const usable = checkUsable(row);
  if (usable.kind !== "usable") return usable;
  const { connection } = usable;
  const { ticket, expiresAt } = await deps.tickets.sign({
    connectionId: connection.id,
    pluginId: connection.pluginId,
    userId: connection.userId,
  });
  return { kind: "issued", answer: { ticket, expiresAt: expiresAt.toISOString(), connection } };
}

function checkUsable(
  row: ConnectionRow | undefined,
): { readonly kind: "usable"; readonly connection: Connection } | ConnectionRefusal {
  if (row === undefined) return { kind: "not_found" };
  if (!row.enabled) return { kind: "disabled" };
  const connection = toConnection(row);
  if (connection.status !== "connected") return { kind: "not_connected", connection };
  return { kind: "usable", connection };
}
