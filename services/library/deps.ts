/** Everything that library works with, injected; made in `main.ts`, and by tests. */
import type { PluginHostService } from "@codex/protocol";
import type { Identity, Logger, ReadinessCheck } from "@codex/service";
import type { Database } from "@codex/service/database";
import type { LibrarySchema } from "./db/database.ts";

export interface LibraryDeps {
  readonly identity: Identity;
  readonly db: Database<LibrarySchema>;
  readonly logger: Logger;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** A random UUID. */
  readonly newId: () => string;
  readonly pluginHost: Pick<PluginHostService, "getPlugin" | "callPlugin">;
  readonly checks: Readonly<Record<string, ReadinessCheck>>;
}
