/** Who calls whom: services, roles, scopes, identity tokens and connection tickets (architecture.md: "Identity between services"). */
import { z } from "zod";
import { ConnectionId, PluginId, UserId } from "./ids.ts";

export const SERVICE_NAMES = [
  "gateway",
  "auth",
  "library",
  "plugin-host",
  "storage",
  "sync",
] as const;
export const ServiceName = z.enum(SERVICE_NAMES);
export type ServiceName = z.infer<typeof ServiceName>;

/** Only these may assert a user; plugin-host, being next to hostile code, may not. */
export const MAY_ASSERT_USERS: readonly ServiceName[] = ["gateway", "sync", "library"];

export const Role = z.enum(["admin", "maintainer", "reader"]);
export type Role = z.infer<typeof Role>;

/** What an operation needs, and what an API token can be narrowed to. */
export const SCOPES = [
  "account",
  "library:read",
  "library:write",
  "library:manage",
  "progress:write",
  "plugins:use",
  "plugins:admin",
  "users:admin",
] as const;
export const Scope = z.enum(SCOPES);
export type Scope = z.infer<typeof Scope>;

/** The scopes a role has; an API token has those of its user's role that it was made with. */
export const SCOPES_OF_ROLE: Readonly<Record<Role, readonly Scope[]>> = {
  reader: ["account", "library:read", "progress:write", "plugins:use"],
  maintainer: ["account", "library:read", "library:write", "progress:write", "plugins:use"],
  admin: SCOPES,
};

/** A user on whose behalf a service calls another. */
export const Subject = z.object({
  userId: UserId,
  role: Role,
  scopes: z.array(Scope),
  /** The password was entered within 15 minutes, or an API token was made for such acts. */
  fresh: z.boolean(),
});
export type Subject = z.infer<typeof Subject>;

/** Claims of the token that one service presents to another. */
export const IdentityClaims = z.object({
  iss: ServiceName,
  aud: ServiceName,
  iat: z.int(),
  exp: z.int(),
  sub: UserId.optional(),
  role: Role.optional(),
  scopes: z.array(Scope).optional(),
  fresh: z.boolean().optional(),
});
export type IdentityClaims = z.infer<typeof IdentityClaims>;

/** An identity token lives at most this long. */
export const IDENTITY_TOKEN_SECONDS_MAX = 60;
/** A connection ticket lives at most this long. */
export const TICKET_SECONDS_MAX = 300;

/** What auth signs for anything of one connection. */
export const TicketClaims = z.object({
  connectionId: ConnectionId,
  pluginId: PluginId,
  userId: UserId,
  /**
   * Counts the changes of what a process of the connection is started with: credentials, tokens,
   * configuration. A higher one than a live process was started with asks for a new process.
   */
  revision: z.int().nonnegative().default(0),
  iat: z.int(),
  exp: z.int(),
});
export type TicketClaims = z.infer<typeof TicketClaims>;
