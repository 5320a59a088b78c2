/** The library service by itself, on a database of its own, for figures that need no other service. */
import { quietLogger } from "@codex/service";
import { connectDatabase } from "@codex/service/database";
import { createTestIdentities } from "@codex/service/testing";
import { migrateDatabase } from "../../infra/migrate/migrate.ts";
import type { RolePasswords } from "../../infra/migrate/roles.ts";
import { databaseRoles } from "../../infra/migrate/services.ts";
import { createApp } from "../../services/library/app.ts";
import * as schema from "../../services/library/db/schema.ts";

/** Makes library's tables; returns the URL by which the service connects. */
export async function migrateLibrary(adminUrl: string): Promise<string> {
  const password = crypto.randomUUID();
  const passwords = Object.fromEntries(
    databaseRoles.map((role) => [role, password]),
  ) as RolePasswords;
  await migrateDatabase({ adminUrl, passwords, services: ["library"] });
  const url = new URL(adminUrl);
  [url.username, url.password] = ["codex_library", password];
  return url.href;
}

/** The real app, without a listener and without plugins. */
export async function openLibraryApp(databaseUrl: string) {
  const connection = connectDatabase(databaseUrl, schema);
  const identities = await createTestIdentities();
  const app = createApp({
    identity: await identities.of("library"),
    db: connection.db,
    logger: quietLogger(),
    now: Date.now,
    newId: () => crypto.randomUUID(),
    pluginHost: {
      getPlugin: () => Promise.reject(new Error("No plugins here")),
      callPlugin: () => Promise.reject(new Error("No plugins here")),
    },
    checks: {},
  });
  return { app, connection, identities };
}
