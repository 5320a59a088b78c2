/**
 * Secrets in the environment of the supervisor are refused: /proc/<pid>/environ shows them to every
 * program of the same user for as long as it runs, whatever it deletes later, and the supervisor's
 * descendants include plugins (architecture.md: "Trust boundaries").
 */
import { databaseRoles, urlVariable } from "../migrate/services.ts";

const secrets = [
  "CODEX_ENCRYPTION_KEY",
  "CODEX_ENCRYPTION_PREVIOUS_KEYS",
  "CODEX_SERVICE_KEY",
];

const urls = ["DATABASE_URL", "CODEX_DATABASE_ADMIN_URL", ...databaseRoles.map(urlVariable)];

/** One line about the first secret in plain form, naming the variable to use instead. */
export function findPlainSecret(environment: Readonly<Record<string, string>>): string | undefined {
  for (const name of [...secrets, ...urls]) {
    const value = environment[name];
    if (value === undefined || value === "") continue;
    if (urls.includes(name) && !hasPassword(value)) continue;
    return `${name} holds a secret, and other programs can read this environment: ` +
      `put it into a file and name that in ${name}_FILE`;
  }
  return undefined;
}

/** A URL that can't be read may hold one. */
function hasPassword(text: string): boolean {
  if (!URL.canParse(text)) return true;
  const url = new URL(text);
  return url.password !== "" || url.searchParams.has("password");
}
