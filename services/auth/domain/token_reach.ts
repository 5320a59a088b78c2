/**
 * What an API token may do to users: its holder never gets more than the token itself may do.
 * Whoever sets a password can sign in with it, and whoever raises a role may be the one who has
 * it.
 */
import { type Role, type Scope, SCOPES_OF_ROLE } from "@codex/protocol";
import { scopesBeyond } from "./scopes.ts";

/** Who changes a user. */
export interface Actor {
  readonly scopes: readonly Scope[];
  /** An API token acts, not a session. */
  readonly isToken: boolean;
}

/** A change of a user, or a new one. */
export interface UserAct {
  /** Undefined for a user who is only being made. */
  readonly role: Role | undefined;
  readonly newRole?: Role | undefined;
  readonly setsPassword: boolean;
}

export type TokenRefusal =
  /** An administrator's session can do what no token can, such as making tokens. */
  | { readonly kind: "needs_session" }
  /** What the act would give, and the token lacks. */
  | { readonly kind: "beyond_token"; readonly scopes: readonly Scope[] };

/** Undefined for what the actor may do; sessions of administrators may do all of it. */
export function refusalToToken(actor: Actor, act: UserAct): TokenRefusal | undefined {
  if (!actor.isToken) return undefined;
  const { role, newRole = role, setsPassword } = act;
  if (role === "admin" || newRole === "admin") return { kind: "needs_session" };
  const gained = (newRole === undefined ? [] : SCOPES_OF_ROLE[newRole]).filter((scope) =>
    setsPassword || role === undefined || !SCOPES_OF_ROLE[role].includes(scope)
  );
  const beyond = scopesBeyond(actor.scopes, gained);
  return beyond.length === 0 ? undefined : { kind: "beyond_token", scopes: beyond };
}
