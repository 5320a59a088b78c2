/** Setup, sessions, users and API tokens (http-api.md: "Setup, sessions, tokens"). */
import { z } from "zod";
import { ApiKeyId, SessionId, UserId } from "../ids.ts";
import { Role, Scope, ServiceName } from "../identity.ts";
import { IsoDateTime, JsonObject } from "../json.ts";
import { pageOf, PageQuery } from "./paging.ts";

export const Username = z.string().trim().min(1).max(64).regex(
  /^[\p{L}\p{N}._-]+$/u,
  "May hold letters, digits, dots, underscores and hyphens",
);
/** 12 to 256 characters: length beats rules of composition (NIST SP 800-63B section 5.1.1.2). */
export const NewPassword = z.string().min(12, "Must have at least 12 characters").max(256);

export const User = z.object({
  id: UserId,
  username: z.string(),
  email: z.string(),
  role: Role,
  createdAt: IsoDateTime,
});
export type User = z.infer<typeof User>;

export const Me = z.object({
  id: UserId,
  username: z.string(),
  email: z.string(),
  role: Role,
  permissions: z.array(Scope),
});
export type Me = z.infer<typeof Me>;

export const SetupStatus = z.object({
  setupRequired: z.boolean(),
  hasUsers: z.boolean(),
  registrationEnabled: z.boolean(),
});

export const SetupRequest = z.object({
  username: Username,
  email: z.email(),
  password: NewPassword,
  setupCode: z.string().min(1).max(256),
});

/** A session as its owner receives it once; `expiresIn` is in seconds. */
export const SessionAnswer = z.object({
  accessToken: z.string(),
  tokenType: z.literal("Bearer"),
  expiresIn: z.int().positive(),
  user: Me,
});
export type SessionAnswer = z.infer<typeof SessionAnswer>;
export const SetupAnswer = SessionAnswer.extend({ message: z.string() });

export const LoginRequest = z.object({
  username: z.string().min(1).max(256),
  password: z.string().min(1).max(1024),
});

export const ReauthenticateRequest = z.object({ password: z.string().min(1).max(1024) });

export const PasswordChange = z.object({
  currentPassword: z.string().min(1).max(1024),
  newPassword: NewPassword,
  /** Ends all of your API tokens with the old password. */
  endApiKeys: z.boolean().default(false),
});

export const Session = z.object({
  id: SessionId,
  current: z.boolean(),
  createdAt: IsoDateTime,
  lastUsedAt: IsoDateTime,
  expiresAt: IsoDateTime,
  userAgent: z.string().optional(),
});
export type Session = z.infer<typeof Session>;
export const SessionList = z.object({ items: z.array(Session) });

export const UserPage = pageOf(User);
export const UserQuery = PageQuery;
export const NewUser = z.object({
  username: Username,
  email: z.email(),
  password: NewPassword,
  role: Role.default("reader"),
});
export const UserPatch = z.object({
  email: z.email().optional(),
  role: Role.optional(),
  /** An administrator sets a new password; all sessions and API tokens of that user end. */
  password: NewPassword.optional(),
  /** With a new password: the user's API tokens stay. */
  keepApiKeys: z.boolean().optional(),
});

export const ApiKey = z.object({
  id: ApiKeyId,
  name: z.string(),
  scopes: z.array(Scope),
  /** First characters of the secret, to tell keys apart. */
  prefix: z.string(),
  createdAt: IsoDateTime,
  expiresAt: IsoDateTime.optional(),
  lastUsedAt: IsoDateTime.optional(),
});
export type ApiKey = z.infer<typeof ApiKey>;
export const ApiKeyList = z.object({ items: z.array(ApiKey) });
/** Somebody's API token as an administrator sees it. */
export const AdminApiKey = ApiKey.extend({ userId: UserId, username: z.string() });
export type AdminApiKey = z.infer<typeof AdminApiKey>;
export const AdminApiKeyPage = pageOf(AdminApiKey);
export const AdminApiKeyQuery = PageQuery.extend({ userId: UserId.optional() });
export const NewApiKey = z.object({
  name: z.string().trim().min(1).max(100),
  scopes: z.array(Scope).min(1).max(100),
  expiresAt: IsoDateTime.optional(),
});
/** The only answer that holds the secret. */
export const CreatedApiKey = ApiKey.extend({ secret: z.string() });

/** A line of the audit log. */
export const AuditEntry = z.object({
  id: z.uuid(),
  at: IsoDateTime,
  /** The service that reported it. */
  source: ServiceName,
  actorId: UserId.optional(),
  actorName: z.string().optional(),
  /** Dotted name of what was done, for instance `plugin.granted`. */
  action: z.string(),
  /** What it was done to, for instance a plugin's id. */
  target: z.string().optional(),
  detail: JsonObject,
});
export type AuditEntry = z.infer<typeof AuditEntry>;
export const AuditPage = pageOf(AuditEntry);
