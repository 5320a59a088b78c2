/** Who administers users: an administrator in a session, or an API token, which may do less. */
import type { Context } from "hono";
import { ProblemError, type RequestEnv, subjectOf } from "@codex/service";
import type { TokenRefusal } from "../domain/token_reach.ts";
import type { Administrator } from "../workflows/users.ts";
import { sessionIdOf } from "./request_client.ts";

/** Read after `callers(…, "gateway")`; whatever comes without a session is a token. */
export function administratorOf(c: Context<RequestEnv>): Administrator {
  const { userId, scopes } = subjectOf(c);
  return { userId, scopes, isToken: sessionIdOf(c) === undefined };
}

export function refusedToToken(refused: TokenRefusal): ProblemError {
  if (refused.kind === "needs_session") {
    return new ProblemError(
      "session_required",
      "An API token makes and changes no administrator: sign in for that",
    );
  }
  return new ProblemError(
    "forbidden",
    `The API token can't give what it doesn't have: ${refused.scopes.join(", ")}`,
  );
}
