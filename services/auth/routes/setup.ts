/** `GET /setup/status` and `POST /setup/initialize`: from an empty server to its first administrator. */
import { Hono } from "hono";
import { SetupRequest } from "@codex/protocol";
import { callers, jsonBody, ProblemError, type RequestEnv } from "@codex/service";
import type { AuthDeps } from "../deps.ts";
import { initializeSetup, setupStatus } from "../workflows/setup.ts";
import { clientOf } from "./request_client.ts";
import { answerSession, tooManyAttempts } from "./session_answer.ts";

export function setupRoutes(deps: AuthDeps) {
  const gateway = callers(deps.identity, "gateway");
  return new Hono<RequestEnv>()
    .get("/status", gateway, async (c) => c.json(await setupStatus(deps), 200))
    .post("/initialize", gateway, jsonBody(SetupRequest), async (c) => {
      const result = await initializeSetup(deps, c.req.valid("json"), clientOf(c));
      switch (result.kind) {
        case "done": {
          const answer = answerSession(c, result.started);
          return c.json({ ...answer, message: "The first administrator is made" }, 200);
        }
        case "already_done":
          throw new ProblemError("already_set_up", "Setup is already done: sign in");
        case "wrong_code":
          throw new ProblemError(
            "setup_code_wrong",
            "The setup code is wrong: the server prints it at start",
          );
        case "throttled":
          throw tooManyAttempts(result.retryAfterSeconds);
      }
    });
}
