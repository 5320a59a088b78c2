/** Who may call an operation (http-api.md: "Auth"; security.md: "Adding a plugin by command"). */
import type { Operation, Principal, ProblemCode } from "@codex/protocol";

export type AccessResult =
  | { readonly ok: true }
  | {
    readonly ok: false;
    readonly code: Extract<
      ProblemCode,
      "unauthenticated" | "forbidden" | "fresh_authentication_required" | "session_required"
    >;
    readonly detail: string;
  };

/** @param principal whose token was checked; undefined for nobody */
export function checkAccess(
  operation: Pick<Operation, "access" | "fresh" | "session">,
  principal: Principal | undefined,
): AccessResult {
  if (operation.access === "public") return { ok: true };
  if (principal === undefined) {
    return {
      ok: false,
      code: "unauthenticated",
      detail: "Sign in first: no valid session or API token came with the request",
    };
  }
  const { subject, sessionId } = principal;
  if (operation.access !== "any" && !subject.scopes.includes(operation.access)) {
    return {
      ok: false,
      code: "forbidden",
      detail: `This needs the permission "${operation.access}"`,
    };
  }
  if (operation.session && sessionId === undefined) {
    return {
      ok: false,
      code: "session_required",
      detail: "This needs a session, not an API token",
    };
  }
  if (operation.fresh && !subject.fresh) {
    return {
      ok: false,
      code: "fresh_authentication_required",
      detail:
        "Your password was entered more than 15 minutes ago: enter it again at /api/v1/auth/reauthenticate",
    };
  }
  return { ok: true };
}
