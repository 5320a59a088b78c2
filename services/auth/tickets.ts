/** Makes auth's tickets: it alone signs them, and checks them by its own public key. */
import { createTicketSigner, createTicketVerifier, type PrivateJwk } from "@codex/service";
import type { Tickets } from "./deps.ts";

/** A process that was busy past its ticket's end may still renew it this long. */
export const TICKET_GRACE_SECONDS = 60;

export async function createTickets(privateKey: PrivateJwk, now: () => number): Promise<Tickets> {
  const { d: _, ...publicKey } = privateKey;
  return {
    sign: await createTicketSigner(privateKey, now),
    verify: await createTicketVerifier(publicKey, now),
    verifyForRenewal: await createTicketVerifier(publicKey, now, TICKET_GRACE_SECONDS),
  };
}
