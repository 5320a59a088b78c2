/** Variables that every service reads (architecture.md: "Configuration"). */
import type { ServiceName } from "@codex/protocol";
import { type ConfigSource, DatabaseUrl, HttpUrl, jsonText, LogLevelName, Port } from "./config.ts";
import { PrivateJwk, PublicJwks } from "./identity_token.ts";
import { z } from "zod";

/** `plugin-host` → `PLUGIN_HOST`, as in `CODEX_PLUGIN_HOST_URL`. */
export function variableInfix(service: ServiceName): string {
  return service.toUpperCase().replaceAll("-", "_");
}

/** Where to listen, how much to log, and who this service is. */
export const commonVariables = {
  CODEX_HOST: z.string().default("127.0.0.1"),
  CODEX_LOG_LEVEL: LogLevelName.default("info"),
  CODEX_SERVICE_KEY: jsonText(PrivateJwk),
  CODEX_SERVICE_PUBLIC_KEYS: jsonText(PublicJwks),
};

/** `{CODEX_<SERVICE>_URL: …}` for each peer that a service calls. */
export function peerVariables<Name extends string>(
  ...names: readonly Name[]
): Record<Name, typeof HttpUrl> {
  return Object.fromEntries(names.map((name) => [name, HttpUrl])) as Record<Name, typeof HttpUrl>;
}

/** The service's own database URL, or `DATABASE_URL` for all; only where it is there. */
export function databaseUrlSource(source: ConfigSource, variable: string): ConfigSource {
  const own = source.get(variable) ?? source.get(`${variable}_FILE`);
  if (own !== undefined && own !== "") return source;
  return {
    ...source,
    get: (name) =>
      name === variable || name === `${variable}_FILE`
        ? source.get(name.replace(variable, "DATABASE_URL"))
        : source.get(name),
    readTextFile: (path) => source.readTextFile(path),
  };
}

export { DatabaseUrl, Port };
