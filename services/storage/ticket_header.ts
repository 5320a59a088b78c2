/** Where plugin-host puts the ticket of the connection that a call is about. */
export const TICKET_HEADER = "x-codex-ticket";
