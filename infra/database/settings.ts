/** The variables that name a database, alike for the supervisor and for `db:migrate`. */
import type { z } from "zod";
import { DatabaseUrl } from "@codex/service/config";
import { type DatabaseRole, databaseRoles, urlVariable } from "../migrate/services.ts";

/** All absent: a server of our own. */
export interface DatabaseSettings {
  /** The server and database; its user and password don't matter. */
  readonly url: string | undefined;
  readonly adminUrl: string | undefined;
  readonly roleUrls: Readonly<Partial<Record<DatabaseRole, string>>>;
}

type OptionalUrl = z.ZodOptional<typeof DatabaseUrl>;

/** For `readConfig`. */
export const databaseVariables: Readonly<Record<string, OptionalUrl>> = Object.fromEntries(
  ["DATABASE_URL", "CODEX_DATABASE_ADMIN_URL", ...databaseRoles.map(urlVariable)]
    .map((name) => [name, DatabaseUrl.optional()]),
);

/** @param values what `readConfig` made of {@link databaseVariables} */
export function toDatabaseSettings(
  values: Readonly<Record<string, string | undefined>>,
): DatabaseSettings {
  const roleUrls: Partial<Record<DatabaseRole, string>> = {};
  for (const role of databaseRoles) {
    const url = values[urlVariable(role)];
    if (url !== undefined) roleUrls[role] = url;
  }
  return { url: values["DATABASE_URL"], adminUrl: values["CODEX_DATABASE_ADMIN_URL"], roleUrls };
}
