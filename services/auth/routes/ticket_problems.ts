/** How refusals around connections and tickets are told. */
import type { Connection } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { VaultClosed } from "../domain/vault_closed.ts";
import type { ConnectionRefusal, TicketRefusal } from "../workflows/tickets.ts";

export function noConnection(): ProblemError {
  return new ProblemError("not_found", "There is no connection to this plugin");
}

/** Of a ticket that is asked for. */
export function ticketProblem(refusal: ConnectionRefusal): ProblemError {
  switch (refusal.kind) {
    case "not_found":
      return noConnection();
    case "disabled":
      return new ProblemError("conflict", "The connection is disabled: enable it first");
    case "not_connected":
      return new ProblemError("conflict", notConnected(refusal.connection));
    case "token_unavailable":
      return new ProblemError(
        "service_unavailable",
        "The sign-in at the plugin's service can't be renewed now: it is tried again",
        { retryAfterSeconds: refusal.retryAfterSeconds },
      );
    case "no_key":
    case "unknown_key":
      return vaultProblem(refusal);
  }
}

function notConnected({ status, statusReason }: Connection): string {
  const state = status === "needs_reconnection" ? "needs reconnection" : "is not complete";
  return `The connection ${state}: ${statusReason ?? "connect first"}`;
}

/** Of a ticket that is presented: whatever the reason, it opens nothing any more. */
export function presentedTicketProblem(refusal: ConnectionRefusal | TicketRefusal): ProblemError {
  if (refusal.kind === "ticket_refused") {
    return new ProblemError(
      "unauthenticated",
      refusal.reason === "expired" ? "The ticket has expired" : "The ticket is not valid",
    );
  }
  switch (refusal.kind) {
    case "token_unavailable":
    case "no_key":
    case "unknown_key":
      return ticketProblem(refusal);
    default:
      return new ProblemError("unauthenticated", "The ticket's connection is gone or off");
  }
}

export function vaultProblem(closed: VaultClosed): ProblemError {
  const detail = closed.kind === "no_key"
    ? "No encryption key is set: secrets can't be stored or read without CODEX_ENCRYPTION_KEY"
    : `The encryption key "${closed.keyId}" is not set: add it to CODEX_ENCRYPTION_PREVIOUS_KEYS`;
  return new ProblemError("encryption_key_missing", detail, { retryAfterSeconds: 60 });
}
