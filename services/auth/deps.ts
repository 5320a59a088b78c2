/** Everything that auth works with, injected; made in `main.ts`, and by tests. */
import type { Keyring, RandomBytes } from "@codex/crypto";
import type { PasswordHasher } from "@codex/crypto/password";
import type { PluginHostService } from "@codex/protocol";
import type {
  AllowedHosts,
  Identity,
  Logger,
  NewTicket,
  ReadinessCheck,
  TicketResult,
} from "@codex/service";
import type { Database } from "@codex/service/database";
import type { GuardedFetch } from "@codex/service/guarded-fetch";
import type { AuthSchema } from "./db/database.ts";
import type { Throttles } from "./throttle.ts";
import type { TokenRefresher } from "./token_refresher.ts";

export interface Tickets {
  sign(ticket: NewTicket): Promise<{ ticket: string; expiresAt: Date }>;
  /** For releasing secrets: an expired ticket is refused. */
  verify(ticket: string): Promise<TicketResult>;
  /** For renewing: one that expired a moment ago still counts. */
  verifyForRenewal(ticket: string): Promise<TicketResult>;
}

export interface AuthDeps {
  readonly identity: Identity;
  readonly db: Database<AuthSchema>;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly random: RandomBytes;
  readonly passwords: PasswordHasher;
  readonly throttles: Throttles;
  /** Null while no encryption key is set. */
  readonly keyring: Keyring | null;
  readonly tickets: Tickets;
  readonly tokens: TokenRefresher;
  readonly pluginHost: Pick<PluginHostService, "getPlugin" | "callPlugin">;
  /** To providers: their addresses come from plugins. */
  readonly guardedFetch: GuardedFetch;
  /** Hosts of the own network that plugins' providers may be at, by http too. */
  readonly allowedHosts: AllowedHosts;
  /** Where providers send browsers back to. */
  readonly redirectUrl: string;
  /** The configured setup code; null where each replica made its own at start. */
  readonly setupCode: string | null;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
  /** Called after a transaction that owes purges: the worker need not wait for its next round. */
  readonly onPurgesOwed: () => void;
}
