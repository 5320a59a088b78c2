/** The library service's Hono app, built from what it is given. */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { API_BASE } from "@codex/protocol";
import { callers, createServiceApp, ProblemError, type RequestEnv } from "@codex/service";
import type { LibraryDeps } from "./deps.ts";
import { bookRoutes } from "./routes/books.ts";
import { engagementRoutes } from "./routes/engagement.ts";
import { enrichmentRoutes } from "./routes/enrichment.ts";
import { externalIdRoutes } from "./routes/external_ids.ts";
import { historyRoutes, revertRoutes } from "./routes/history.ts";
import { importRoutes } from "./routes/import.ts";
import { internalRoutes } from "./routes/internal.ts";
import { libraryRoutes } from "./routes/libraries.ts";
import { bulkLockRoutes, lockRoutes } from "./routes/locks.ts";
import { progressRoutes, ratingRoutes } from "./routes/reading.ts";
import { seriesRoutes } from "./routes/series.ts";

const JSON_BODY_BYTES_MAX = 1024 * 1024;

export function createApp(deps: LibraryDeps) {
  return createServiceApp({ logger: deps.logger, checks: deps.checks })
    .route(API_BASE, publicRoutes(deps))
    // Before the rest, which is auth's alone.
    .route("/internal/readers", engagementRoutes(deps))
    .route("/internal", internalRoutes(deps));
}

export type App = ReturnType<typeof createApp>;

function publicRoutes(deps: LibraryDeps) {
  return new Hono<RequestEnv>()
    .use(callers(deps.identity, "gateway"))
    // Before the limit: an import is a stream of any length.
    .route("/libraries", importRoutes(deps))
    .use(bodyLimit({
      maxSize: JSON_BODY_BYTES_MAX,
      onError: () => {
        throw new ProblemError(
          "payload_too_large",
          `The body is larger than ${JSON_BODY_BYTES_MAX} bytes`,
        );
      },
    }))
    .route("/libraries", libraryRoutes(deps))
    .route("/series", bulkLockRoutes(deps))
    .route("/series", seriesRoutes(deps))
    .route("/series", documentRoutes(deps, "series"))
    .route("/series", ratingRoutes(deps))
    .route("/books", bookRoutes(deps))
    .route("/books", documentRoutes(deps, "book"))
    .route("/books", progressRoutes(deps))
    .route("/history", revertRoutes(deps));
}

function documentRoutes(deps: LibraryDeps, kind: "series" | "book") {
  return new Hono<RequestEnv>()
    .route("/", lockRoutes(deps, kind))
    .route("/", enrichmentRoutes(deps, kind))
    .route("/", historyRoutes(deps, kind))
    .route("/", externalIdRoutes(deps, kind));
}
