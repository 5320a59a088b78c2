/**
 * `deno task db:generate [service] [--name=… --custom]`: writes the migration that leads from a
 * service's last one to its `db/schema.ts`, for every service when none is named.
 */
import { join } from "node:path";
import { exitOnFailure, Failure } from "../failure.ts";
import { repository } from "../repository.ts";
import { databaseFolder, type DatabaseServiceName, databaseServices } from "./services.ts";

if (import.meta.main) await exitOnFailure(() => main(Deno.args));

async function main(args: readonly string[]): Promise<number> {
  const flags = args.filter((arg) => arg.startsWith("--"));
  const named = args.filter((arg) => !arg.startsWith("--"));
  const known = databaseServices.map((service) => service.name);
  const unknown = named.find((name) => !known.some((it) => it === name));
  if (unknown !== undefined) {
    throw new Failure(`Service "${unknown}" keeps no data: known are ${known.join(", ")}`);
  }
  for (const name of known) {
    if (named.length > 0 ? named.includes(name) : await hasSchema(name)) {
      if (!await generate(name, flags)) return 1;
    }
  }
  return 0;
}

async function hasSchema(service: DatabaseServiceName): Promise<boolean> {
  return await Deno.stat(join(databaseFolder(service), "schema.ts")).then(() => true, () => false);
}

/** drizzle-kit with the rights of the permission set "db:generate": no network, no programs. */
async function generate(
  service: DatabaseServiceName,
  flags: readonly string[],
): Promise<boolean> {
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "-P=db:generate", "--no-prompt", "npm:drizzle-kit", "generate"],
      "--config=infra/migrate/drizzle.config.ts",
      ...flags,
    ],
    cwd: repository,
    env: { CODEX_GENERATE_SERVICE: service },
  }).spawn().status;
  if (success) await tolerateSchema(join(databaseFolder(service), "migrations"));
  return success;
}

/** drizzle's migrator makes the schema for its own table first, so the first migration may find it. */
async function tolerateSchema(folder: string): Promise<void> {
  for await (const entry of Deno.readDir(folder)) {
    if (!entry.name.endsWith(".sql")) continue;
    const path = join(folder, entry.name);
    const text = await Deno.readTextFile(path);
    const tolerant = text.replace(/^CREATE SCHEMA (?!IF NOT)/m, "CREATE SCHEMA IF NOT EXISTS ");
    if (tolerant !== text) await Deno.writeTextFile(path, tolerant);
  }
}
