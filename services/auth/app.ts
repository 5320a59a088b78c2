/** auth's HTTP interface: public calls that the gateway forwards unchanged, and what services ask. */
import { bodyLimit } from "hono/body-limit";
import { API_BASE } from "@codex/protocol";
import { createServiceApp, ProblemError } from "@codex/service";
import type { AuthDeps } from "./deps.ts";
import { adminApiKeyRoutes } from "./routes/admin_api_keys.ts";
import { apiKeyRoutes } from "./routes/api_keys.ts";
import { auditAppendRoutes, auditRoutes } from "./routes/audit.ts";
import { connectionRoutes } from "./routes/connections.ts";
import { oauthRoutes } from "./routes/oauth.ts";
import { oauthClientRoutes } from "./routes/oauth_clients.ts";
import { principalRoutes } from "./routes/principal.ts";
import { sessionRoutes } from "./routes/sessions.ts";
import { setupRoutes } from "./routes/setup.ts";
import { ticketRoutes } from "./routes/tickets.ts";
import { userRoutes } from "./routes/users.ts";
import { vaultRoutes } from "./routes/vault.ts";

/** Room for a plugin's credentials; everything else is far smaller. */
const BODY_BYTES_MAX = 4 * 1024 * 1024;

export function createApp(deps: AuthDeps) {
  return createServiceApp({ logger: deps.logger, checks: deps.checks })
    .use(bodyLimit({
      maxSize: BODY_BYTES_MAX,
      onError: () => {
        throw new ProblemError(
          "payload_too_large",
          `The body is larger than ${BODY_BYTES_MAX} bytes`,
        );
      },
    }))
    .route(`${API_BASE}/setup`, setupRoutes(deps))
    .route(`${API_BASE}/auth`, sessionRoutes(deps))
    .route(`${API_BASE}/api-keys`, apiKeyRoutes(deps))
    .route(`${API_BASE}/users`, userRoutes(deps))
    .route(`${API_BASE}/admin/api-keys`, adminApiKeyRoutes(deps))
    .route(`${API_BASE}/admin/audit`, auditRoutes(deps))
    .route(`${API_BASE}/admin/plugins`, oauthClientRoutes(deps))
    .route("/internal/principal", principalRoutes(deps))
    .route("/internal/connections", connectionRoutes(deps))
    .route("/internal/oauth", oauthRoutes(deps))
    .route("/internal/tickets", ticketRoutes(deps))
    .route("/internal/audit", auditAppendRoutes(deps))
    .route("/vault", vaultRoutes(deps));
}

export type App = ReturnType<typeof createApp>;
