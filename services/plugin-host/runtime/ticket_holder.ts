import type { AuthService } from "@codex/protocol";

/** A plugin's storage call waits for the renewal, and for storage, and ends within 10 s. */
const RENEWAL_DEADLINE_MS = 4000;

/** A ticket is renewed this long before it ends, so that none ends under way. */
const RENEW_MARGIN_MS = 30_000;

/**
 * The connection ticket of one live process (architecture.md "Identity between services"): the newest that a caller
 * brought, renewed at auth with the old one when it nears its end.
 */
export class TicketHolder {
  readonly #renew: AuthService["renewTicket"];
  readonly #now: () => number;
  #ticket: string;
  #expiresAt: number;
  #renewing: Promise<string> | undefined;

  /** @param expiresAt milliseconds since 1970 */
  constructor(
    ticket: string,
    expiresAt: number,
    renew: AuthService["renewTicket"],
    now: () => number,
  ) {
    this.#ticket = ticket;
    this.#expiresAt = expiresAt;
    this.#renew = renew;
    this.#now = now;
  }

  /** Takes over a ticket that lives longer. */
  offer(ticket: string, expiresAt: number): void {
    if (expiresAt <= this.#expiresAt) return;
    this.#ticket = ticket;
    this.#expiresAt = expiresAt;
  }

  /**
   * A ticket that is good for a while.
   * @throws ProblemError `unauthenticated` once the connection is gone
   */
  async current(): Promise<string> {
    if (this.#expiresAt - this.#now() > RENEW_MARGIN_MS) return this.#ticket;
    this.#renewing ??= this.#renewNow().finally(() => this.#renewing = undefined);
    return await this.#renewing;
  }

  async #renewNow(): Promise<string> {
    const { ticket, expiresAt } = await this.#renew(
      { requestId: crypto.randomUUID(), signal: AbortSignal.timeout(RENEWAL_DEADLINE_MS) },
      this.#ticket,
    );
    this.offer(ticket, Date.parse(expiresAt));
    return ticket;
  }
}
