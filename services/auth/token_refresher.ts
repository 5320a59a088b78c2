/**
 * Renews the tokens of connections before they end: one attempt at a time over all replicas, by a
 * lease in the database (security.md: "OAuth", Refresh). No connection is held while a provider takes
 * its time, so one that hangs can't use them all up.
 */
import type { CallContext, ConnectionId, PluginId } from "@codex/protocol";
import { describeError } from "@codex/service";
import {
  claimRefresh,
  findGrant,
  type OauthGrantRow,
  postponeRefresh,
} from "./db/oauth_grant_queries.ts";
import type { AuthDeps, FreshResult, TokenRefresher } from "./deps.ts";
import { refreshDelayMs } from "./domain/token_lifetime.ts";
import { SingleFlight } from "./single_flight.ts";
import { loseGrant, markExpired, type RenewOutcome, renewToken } from "./workflows/renew_token.ts";

export type RefresherDeps = Pick<
  AuthDeps,
  "db" | "now" | "logger" | "keyring" | "pluginHost" | "guardedFetch"
>;

/** Longer than an attempt takes; a replica that died loses it to others after this. */
const LEASE_MS = 60_000;
/** What another replica does is looked at this often, and waited for this long. */
const POLL_MS = 100;
const WAIT_MS = 12_000;

interface Subject {
  readonly id: ConnectionId;
  readonly pluginId: PluginId;
}

export function createTokenRefresher(deps: RefresherDeps): TokenRefresher {
  const flights = new SingleFlight<FreshResult>();
  return {
    async ensureFresh(context, connection) {
      const grant = await findGrant(deps.db, connection.id);
      const state = stateOf(grant, deps.now());
      if (state.kind !== "due") return await settle(deps, connection, state);
      return await flights.run(connection.id, () => refresh(deps, context, connection));
    },
  };
}

type GrantState =
  | { readonly kind: "good" }
  | { readonly kind: "due"; readonly isExpired: boolean }
  /** Ended, and an attempt to renew it failed a moment ago. */
  | { readonly kind: "waiting"; readonly retryAfterSeconds: number }
  /** Ended, with nothing to renew it by. */
  | { readonly kind: "ended" };

/** @param now milliseconds since 1970 */
function stateOf(grant: OauthGrantRow | undefined, now: number): GrantState {
  if (grant === undefined) return { kind: "good" };
  const isExpired = grant.expiresAt !== null && grant.expiresAt.getTime() <= now;
  const waitMs = (grant.refreshAt?.getTime() ?? Infinity) - now;
  if (waitMs <= 0) return { kind: "due", isExpired };
  if (!isExpired) return { kind: "good" };
  return grant.refreshable
    ? { kind: "waiting", retryAfterSeconds: Math.ceil(waitMs / 1000) }
    : { kind: "ended" };
}

async function settle(
  deps: RefresherDeps,
  { id }: Subject,
  state: Exclude<GrantState, { kind: "due" }>,
): Promise<FreshResult> {
  switch (state.kind) {
    case "good":
      return { kind: "settled", changed: false };
    case "waiting":
      return { kind: "token_unavailable", retryAfterSeconds: state.retryAfterSeconds };
    case "ended":
      await markExpired(deps, id);
      return { kind: "settled", changed: true };
  }
}

/** Makes the attempt, or waits for the replica that does. */
async function refresh(
  deps: RefresherDeps,
  context: CallContext,
  connection: Subject,
): Promise<FreshResult> {
  for (let waitedMs = 0; waitedMs < WAIT_MS; waitedMs += POLL_MS) {
    const now = deps.now();
    const lease = { id: crypto.randomUUID(), now: new Date(now), until: new Date(now + LEASE_MS) };
    const grant = await claimRefresh(deps.db, connection.id, lease);
    if (grant !== undefined) return await attempt(deps, context, connection, grant, lease.id);
    const state = stateOf(await findGrant(deps.db, connection.id), deps.now());
    if (state.kind !== "due") {
      const settled = await settle(deps, connection, state);
      return settled.kind === "settled" ? { ...settled, changed: true } : settled;
    }
    // While it lasts, the old token will do.
    if (!state.isExpired) return { kind: "settled", changed: false };
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  return { kind: "token_unavailable", retryAfterSeconds: LEASE_MS / 1000 };
}

async function attempt(
  deps: RefresherDeps,
  context: CallContext,
  connection: Subject,
  grant: OauthGrantRow,
  leaseId: string,
): Promise<FreshResult> {
  const outcome = await outcomeOf(deps, context, connection, leaseId);
  switch (outcome.kind) {
    case "renewed":
      return { kind: "settled", changed: true };
    case "revoked":
      await loseGrant(deps, connection, leaseId);
      return { kind: "settled", changed: true };
    case "failed": {
      const { retryAfterSeconds, closed, ...reason } = outcome;
      const delayMs = refreshDelayMs(grant.failures + 1, retryAfterSeconds);
      await postponeRefresh(deps.db, connection.id, leaseId, new Date(deps.now() + delayMs));
      deps.logger.warn("A token of {pluginId} could not be renewed: {detail}", {
        ...reason,
        pluginId: connection.pluginId,
        requestId: context.requestId,
      });
      if (!isExpired(grant, deps.now())) return { kind: "settled", changed: false };
      return closed ?? { kind: "token_unavailable", retryAfterSeconds: Math.ceil(delayMs / 1000) };
    }
  }
}

async function outcomeOf(
  deps: RefresherDeps,
  context: CallContext,
  connection: Subject,
  leaseId: string,
): Promise<RenewOutcome> {
  try {
    // Not the caller's to abort: others wait for the same attempt.
    const { requestId } = context;
    return await renewToken(deps, { requestId }, connection, leaseId);
  } catch (error) {
    return { kind: "failed", detail: "It broke off", ...describeError(error) };
  }
}

function isExpired({ expiresAt }: OauthGrantRow, now: number): boolean {
  return expiresAt !== null && expiresAt.getTime() <= now;
}
