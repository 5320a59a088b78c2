/** Everything that auth works with, injected; made in `main.ts`, and by tests. */
import type { Keyring, RandomBytes } from "@codex/crypto";
import type { PasswordHasher } from "@codex/crypto/password";
import type { CallContext, ConnectionId, PluginHostService, PluginId } from "@codex/protocol";
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
import type { VaultClosed } from "./domain/vault_closed.ts";
import type { DeviceTokens } from "./guesses/device_tokens.ts";
import type { Throttles } from "./guesses/throttle.ts";

export interface Tickets {
  sign(ticket: NewTicket): Promise<{ ticket: string; expiresAt: Date }>;
  /** For releasing secrets: an expired ticket is refused. */
  verify(ticket: string): Promise<TicketResult>;
  /** For renewing: one that expired a moment ago still counts. */
  verifyForRenewal(ticket: string): Promise<TicketResult>;
}

export type FreshResult =
  /** `changed` tells that the connection is another than before: its token, or its status. */
  | { readonly kind: "settled"; readonly changed: boolean }
  /** The token has ended and the provider can't be asked for another now. */
  | { readonly kind: "token_unavailable"; readonly retryAfterSeconds: number }
  | VaultClosed;

export interface TokenRefresher {
  /** Sees to it that a connection's token is good for as long as a ticket lives. */
  ensureFresh(
    context: CallContext,
    connection: { readonly id: ConnectionId; readonly pluginId: PluginId },
  ): Promise<FreshResult>;
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
  readonly devices: DeviceTokens;
  /** Waits this many milliseconds. */
  readonly delay: (ms: number) => Promise<void>;
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
