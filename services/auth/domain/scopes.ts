/** What a session or an API token may do. */
import { type Role, type Scope, SCOPES_OF_ROLE } from "@codex/protocol";

/** Both sets at once: a token never exceeds its user's role, also when the role shrinks later. */
export function effectiveScopes(role: Role, tokenScopes: readonly string[]): Scope[] {
  return SCOPES_OF_ROLE[role].filter((scope) => tokenScopes.includes(scope));
}

/** The scopes asked for that `held` lacks: nobody hands on what they don't have. */
export function scopesBeyond(held: readonly Scope[], asked: readonly Scope[]): Scope[] {
  return asked.filter((scope) => !held.includes(scope));
}
