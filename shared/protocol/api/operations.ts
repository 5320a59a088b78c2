/**
 * The public API as one table (http-api.md): what each call is named, who owns it, what it needs and
 * what it takes and gives. The gateway forwards by it, and `openapi.json` is generated from it.
 */
import { z } from "zod";
import { PluginId } from "../ids.ts";
import type { Scope, ServiceName } from "../identity.ts";
import * as accounts from "./accounts.ts";
import * as enrichment from "./enrichment.ts";
import * as library from "./library.ts";
import * as oauth from "./oauth.ts";
import { Empty, PageQuery } from "./paging.ts";
import * as plugins from "./plugins.ts";
import * as userPlugins from "./user_plugins.ts";

export const API_BASE = "/api/v1";
export const NDJSON = "application/x-ndjson";

export type HttpMethod = "get" | "post" | "put" | "patch" | "delete";

export interface Operation {
  /** Unique; becomes `operationId`. */
  readonly id: string;
  readonly method: HttpMethod;
  /** Below {@linkcode API_BASE}, with `{name}` for a parameter. */
  readonly path: string;
  readonly tag: string;
  readonly summary: string;
  /** The service that answers; `gateway` composes the answer itself. */
  readonly owner: ServiceName;
  /** `public` needs no identity; `any` a signed-in user; else the scope it needs. */
  readonly access: "public" | "any" | Scope;
  /** Needs a password entered within 15 minutes, or an API token with the scope. */
  readonly fresh?: true;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The body is a stream of this type, passed through unread. */
  readonly stream?: typeof NDJSON;
  /** The answer is a page for people, not JSON. */
  readonly page?: true;
  readonly status: 200 | 201;
  readonly answer: z.ZodType;
}

type Common = Pick<Operation, "tag" | "owner" | "access">;
type Row = Omit<Operation, keyof Common | "status"> & Partial<Common> & {
  readonly status?: 200 | 201;
};

function table(common: Common, rows: readonly Row[]): Operation[] {
  return rows.map((row) => ({ ...common, status: 200, ...row }));
}

const setupAndSessions = table({ tag: "Accounts", owner: "auth", access: "any" }, [
  {
    id: "getSetupStatus",
    method: "get",
    path: "/setup/status",
    access: "public",
    summary: "Whether the first administrator is still to be made",
    answer: accounts.SetupStatus,
  },
  {
    id: "initializeSetup",
    method: "post",
    path: "/setup/initialize",
    access: "public",
    summary: "Make the first administrator with the code printed at start",
    body: accounts.SetupRequest,
    answer: accounts.SetupAnswer,
  },
  {
    id: "login",
    method: "post",
    path: "/auth/login",
    access: "public",
    summary: "Sign in; also sets the session cookie",
    body: accounts.LoginRequest,
    answer: accounts.SessionAnswer,
  },
  {
    id: "logout",
    method: "post",
    path: "/auth/logout",
    summary: "End this session",
    answer: Empty,
  },
  {
    id: "getMe",
    method: "get",
    path: "/auth/me",
    summary: "Who is signed in and what they may do",
    answer: accounts.Me,
  },
  {
    id: "reauthenticate",
    method: "post",
    path: "/auth/reauthenticate",
    access: "account",
    summary: "Enter the password again, for acts that need a fresh one",
    body: accounts.ReauthenticateRequest,
    answer: Empty,
  },
  {
    id: "changePassword",
    method: "post",
    path: "/auth/password",
    access: "account",
    summary: "Change your password; every other session of yours ends",
    body: accounts.PasswordChange,
    answer: Empty,
  },
  {
    id: "listSessions",
    method: "get",
    path: "/auth/sessions",
    access: "account",
    summary: "Your sessions",
    answer: accounts.SessionList,
  },
  {
    id: "revokeSession",
    method: "delete",
    path: "/auth/sessions/{id}",
    access: "account",
    summary: "End one of your sessions",
    answer: Empty,
  },
  {
    id: "listApiKeys",
    method: "get",
    path: "/api-keys",
    access: "account",
    summary: "Your API tokens, without their secrets",
    answer: accounts.ApiKeyList,
  },
  {
    id: "createApiKey",
    method: "post",
    path: "/api-keys",
    access: "account",
    fresh: true,
    summary: "Make an API token; its secret is shown this once",
    body: accounts.NewApiKey,
    status: 201,
    answer: accounts.CreatedApiKey,
  },
  {
    id: "deleteApiKey",
    method: "delete",
    path: "/api-keys/{id}",
    access: "account",
    summary: "Revoke an API token",
    answer: Empty,
  },
]);

const users = table({ tag: "Users", owner: "auth", access: "users:admin" }, [
  {
    id: "listUsers",
    method: "get",
    path: "/users",
    summary: "All users",
    query: accounts.UserQuery,
    answer: accounts.UserPage,
  },
  {
    id: "createUser",
    method: "post",
    path: "/users",
    fresh: true,
    summary: "Make a user",
    body: accounts.NewUser,
    status: 201,
    answer: accounts.User,
  },
  {
    id: "updateUser",
    method: "patch",
    path: "/users/{id}",
    fresh: true,
    summary: "Change a user's email, role or password",
    body: accounts.UserPatch,
    answer: accounts.User,
  },
  {
    id: "deleteUser",
    method: "delete",
    path: "/users/{id}",
    fresh: true,
    summary: "Delete a user and everything of theirs in every service",
    answer: Empty,
  },
  {
    id: "listAuditLog",
    method: "get",
    path: "/admin/audit",
    summary: "Security-relevant acts, newest first",
    query: PageQuery,
    answer: accounts.AuditPage,
  },
]);

const libraries = table({ tag: "Libraries", owner: "library", access: "library:read" }, [
  {
    id: "listLibraries",
    method: "get",
    path: "/libraries",
    summary: "All libraries",
    query: PageQuery,
    answer: library.LibraryPage,
  },
  {
    id: "createLibrary",
    method: "post",
    path: "/libraries",
    access: "library:manage",
    summary: "Make a library",
    body: library.NewLibrary,
    status: 201,
    answer: library.Library,
  },
  {
    id: "getLibrary",
    method: "get",
    path: "/libraries/{id}",
    summary: "One library",
    answer: library.Library,
  },
  {
    id: "updateLibrary",
    method: "patch",
    path: "/libraries/{id}",
    access: "library:manage",
    summary: "Rename a library or change its folder",
    body: library.LibraryPatch,
    answer: library.Library,
  },
  {
    id: "deleteLibrary",
    method: "delete",
    path: "/libraries/{id}",
    access: "library:manage",
    summary: "Delete a library with its series, books and history",
    answer: Empty,
  },
  {
    id: "importLibrary",
    method: "post",
    path: "/libraries/{id}/import",
    access: "library:manage",
    summary: "Import series with their books, one JSON object a line",
    stream: NDJSON,
    answer: library.ImportReport,
  },
]);

const seriesAndBooks = table(
  { tag: "Series and books", owner: "library", access: "library:read" },
  [
    {
      id: "listSeries",
      method: "get",
      path: "/series",
      summary: "Series, by library and search words",
      query: library.SeriesQuery,
      answer: library.SeriesPage,
    },
    {
      id: "getSeries",
      method: "get",
      path: "/series/{id}",
      summary: "One series",
      answer: library.Series,
    },
    {
      id: "updateSeries",
      method: "patch",
      path: "/series/{id}",
      access: "library:write",
      summary: "Edit a series' metadata; edited fields are locked",
      body: library.SeriesPatch,
      answer: library.Series,
    },
    {
      id: "listSeriesBooks",
      method: "get",
      path: "/series/{id}/books",
      summary: "The books of a series, in reading order",
      query: PageQuery,
      answer: library.BookPage,
    },
    {
      id: "getBook",
      method: "get",
      path: "/books/{id}",
      summary: "One book",
      answer: library.Book,
    },
    {
      id: "updateBook",
      method: "patch",
      path: "/books/{id}",
      access: "library:write",
      summary: "Edit a book's metadata; edited fields are locked",
      body: library.BookPatch,
      answer: library.Book,
    },
    {
      id: "bulkSetSeriesLocks",
      method: "put",
      path: "/series/bulk/metadata/locks",
      access: "library:write",
      summary: "Lock or unlock fields of many series",
      body: library.BulkLockChange,
      answer: library.BulkLockAnswer,
    },
    ...(["series", "books"] as const).flatMap(documentOperations),
  ],
);

/** The calls that series and books have in common. */
function documentOperations(kind: "series" | "books"): Row[] {
  const one = kind === "series" ? "Series" : "Book";
  const path = `/${kind}/{id}`;
  return [
    {
      id: `get${one}Locks`,
      method: "get",
      path: `${path}/metadata/locks`,
      summary: "Which fields are locked",
      answer: library.Locks,
    },
    {
      id: `set${one}Locks`,
      method: "put",
      path: `${path}/metadata/locks`,
      access: "library:write",
      summary: "Lock or unlock the fields named",
      body: library.LockChanges,
      answer: library.Locks,
    },
    {
      id: `preview${one}Metadata`,
      method: "post",
      path: `${path}/metadata/preview`,
      access: "library:write",
      summary: "What a plugin's answer would change, field by field",
      body: enrichment.PreviewRequest,
      answer: enrichment.PreviewAnswer,
    },
    {
      id: `apply${one}Metadata`,
      method: "post",
      path: `${path}/metadata/apply`,
      access: "library:write",
      summary: "Write a plugin's answer where locks and grants allow it",
      body: enrichment.ApplyRequest,
      answer: enrichment.ApplyAnswer,
    },
    {
      id: `autoMatch${one}Metadata`,
      method: "post",
      path: `${path}/metadata/auto-match`,
      access: "library:write",
      summary: "Let a plugin find the record and apply it when it is sure",
      body: enrichment.AutoMatchRequest,
      answer: enrichment.AutoMatchAnswer,
    },
    {
      id: `list${one}History`,
      method: "get",
      path: `${path}/history`,
      summary: "Who wrote what, when, through which plugin",
      query: PageQuery,
      answer: library.HistoryPage,
    },
    {
      id: `list${one}ExternalIds`,
      method: "get",
      path: `${path}/external-ids`,
      summary: "Its ids at other services",
      answer: library.ExternalIdList,
    },
    {
      id: `add${one}ExternalId`,
      method: "post",
      path: `${path}/external-ids`,
      access: "library:write",
      summary: "Add an id at another service",
      body: library.NewExternalId,
      status: 201,
      answer: library.StoredExternalId,
    },
    {
      id: `delete${one}ExternalId`,
      method: "delete",
      path: `${path}/external-ids/{externalIdId}`,
      access: "library:write",
      summary: "Remove an id at another service",
      answer: Empty,
    },
  ];
}

const readers = table({ tag: "Reading", owner: "library", access: "library:read" }, [
  {
    id: "revertHistory",
    method: "post",
    path: "/history/{id}/revert",
    access: "library:write",
    summary: "Undo one recorded change where nothing newer stands on it",
    answer: library.RevertAnswer,
  },
  {
    id: "getBookProgress",
    method: "get",
    path: "/books/{id}/progress",
    summary: "How far you are in a book",
    answer: library.BookProgress,
  },
  {
    id: "setBookProgress",
    method: "put",
    path: "/books/{id}/progress",
    summary: "Set how far you are in a book",
    body: library.NewProgress,
    answer: library.BookProgress,
  },
  {
    id: "deleteBookProgress",
    method: "delete",
    path: "/books/{id}/progress",
    summary: "Forget your progress in a book",
    answer: Empty,
  },
  {
    id: "getSeriesRating",
    method: "get",
    path: "/series/{id}/rating",
    summary: "Your rating of a series",
    answer: library.StoredRating,
  },
  {
    id: "setSeriesRating",
    method: "put",
    path: "/series/{id}/rating",
    summary: "Rate a series",
    body: library.NewRating,
    answer: library.StoredRating,
  },
  {
    id: "deleteSeriesRating",
    method: "delete",
    path: "/series/{id}/rating",
    summary: "Remove your rating of a series",
    answer: Empty,
  },
]);

const adminPlugins = table(
  { tag: "Plugins, administration", owner: "plugin-host", access: "plugins:admin" },
  [
    {
      id: "listPlugins",
      method: "get",
      path: "/admin/plugins",
      summary: "All plugins",
      answer: plugins.PluginList,
    },
    {
      id: "createPlugin",
      method: "post",
      path: "/admin/plugins",
      fresh: true,
      summary: "Add a plugin by command",
      body: plugins.NewPlugin,
      status: 201,
      answer: plugins.CreatedPlugin,
    },
    {
      id: "reloadPlugins",
      method: "post",
      path: "/admin/plugins/reload",
      summary: "Read the plugins folders again",
      answer: plugins.ReloadAnswer,
    },
    {
      id: "getPlugin",
      method: "get",
      path: "/admin/plugins/{id}",
      summary: "One plugin",
      answer: plugins.Plugin,
    },
    {
      id: "updatePlugin",
      method: "patch",
      path: "/admin/plugins/{id}",
      fresh: true,
      summary: "Change a plugin's settings",
      body: plugins.PluginPatch,
      answer: plugins.Plugin,
    },
    {
      id: "deletePlugin",
      method: "delete",
      path: "/admin/plugins/{id}",
      fresh: true,
      summary: "Remove a plugin with its settings, secrets and connections",
      answer: Empty,
    },
    ...(["enable", "disable", "reset"] as const).map((act) => ({
      id: `${act}Plugin`,
      method: "post" as const,
      path: `/admin/plugins/{id}/${act}`,
      summary: {
        enable: "Enable a plugin for everyone",
        disable: "Disable a plugin for everyone",
        reset: "Forget the recorded failures",
      }[act],
      answer: plugins.Plugin,
    })),
    {
      id: "testPlugin",
      method: "post",
      path: "/admin/plugins/{id}/test",
      summary: "Start a plugin without network, read its manifest and ping it",
      answer: plugins.PluginTestAnswer,
    },
    {
      id: "grantPlugin",
      method: "post",
      path: "/admin/plugins/{id}/grant",
      fresh: true,
      summary: "Approve exactly these permissions and hosts, of the manifest you saw",
      body: plugins.GrantRequest,
      answer: plugins.Plugin,
    },
    {
      id: "getPluginHealth",
      method: "get",
      path: "/admin/plugins/{id}/health",
      summary: "A plugin's state and why",
      answer: plugins.PluginHealth,
    },
    {
      id: "listPluginFailures",
      method: "get",
      path: "/admin/plugins/{id}/failures",
      summary: "Recorded failures, newest first",
      query: plugins.FailuresQuery,
      answer: plugins.PluginFailures,
    },
    {
      id: "getPluginLogs",
      method: "get",
      path: "/admin/plugins/{id}/logs",
      summary: "The last lines of a plugin's stderr",
      answer: plugins.PluginLogs,
    },
    {
      id: "getPluginStorage",
      method: "get",
      path: "/admin/plugins/{id}/storage",
      summary: "Keys and bytes that each connection keeps; no values",
      answer: plugins.PluginStorageUse,
    },
    {
      id: "listPluginEgress",
      method: "get",
      path: "/admin/plugins/{id}/egress",
      summary: "What left for a plugin, newest first: fields and numbers, no values",
      query: PageQuery,
      answer: plugins.AdminEgressPage,
    },
    {
      id: "getPluginMetrics",
      method: "get",
      path: "/metrics/plugins",
      summary: "Requests, failures and latency per plugin and method",
      answer: plugins.PluginMetrics,
    },
  ],
);

const oauthClients = table(
  { tag: "Plugins, administration", owner: "auth", access: "plugins:admin" },
  [
    {
      id: "getPluginOauth",
      method: "get",
      path: "/admin/plugins/{id}/oauth",
      summary: "How users sign in at the plugin's provider; without the client secret",
      answer: oauth.OauthClient,
    },
    {
      id: "setPluginOauth",
      method: "put",
      path: "/admin/plugins/{id}/oauth",
      fresh: true,
      summary: "Set the client that you registered at the plugin's provider",
      body: oauth.OauthClientChange,
      answer: oauth.OauthClient,
    },
  ],
);

const everyonesPlugins = table(
  { tag: "Plugins, every user", owner: "plugin-host", access: "plugins:use" },
  [
    {
      id: "getPluginActions",
      method: "get",
      path: "/plugins/actions",
      summary: "What can be run here",
      query: plugins.ActionsQuery,
      answer: plugins.PluginActions,
    },
    {
      id: "executePlugin",
      method: "post",
      path: "/plugins/{id}/execute",
      summary: "Run one action of a plugin",
      body: plugins.ExecuteRequest,
      answer: plugins.ExecuteAnswer,
    },
    {
      id: "listUserPluginEgress",
      method: "get",
      path: "/user/plugins/{pluginId}/egress",
      summary: "What of yours left for a plugin, newest first: fields and numbers, no values",
      query: PageQuery,
      answer: plugins.EgressPage,
    },
    {
      id: "listUserPlugins",
      method: "get",
      path: "/user/plugins",
      owner: "gateway",
      summary: "Your connections, and the plugins you could connect",
      answer: userPlugins.UserPluginList,
    },
    {
      id: "getUserPlugin",
      method: "get",
      path: "/user/plugins/{pluginId}",
      owner: "gateway",
      summary: "One of your connections",
      answer: userPlugins.UserPlugin,
    },
    {
      id: "enableUserPlugin",
      method: "post",
      path: "/user/plugins/{pluginId}/enable",
      owner: "gateway",
      summary: "Use a plugin",
      answer: userPlugins.UserPlugin,
    },
    {
      id: "disableUserPlugin",
      method: "post",
      path: "/user/plugins/{pluginId}/disable",
      owner: "gateway",
      summary: "Stop using a plugin and keep its data",
      answer: Empty,
    },
    {
      id: "configureUserPlugin",
      method: "patch",
      path: "/user/plugins/{pluginId}/config",
      owner: "gateway",
      summary: "Set your configuration of a plugin",
      body: userPlugins.ConfigChange,
      answer: userPlugins.UserPlugin,
    },
    {
      id: "setUserPluginCredentials",
      method: "post",
      path: "/user/plugins/{pluginId}/credentials",
      owner: "gateway",
      summary: "Connect by a personal access token or the credentials that the plugin declares",
      body: oauth.CredentialsRequest,
      answer: userPlugins.UserPlugin,
    },
    {
      id: "startUserPluginOauth",
      method: "post",
      path: "/user/plugins/{pluginId}/oauth/start",
      owner: "gateway",
      summary: "Begin to sign in at the plugin's provider, from a browser with a session cookie",
      answer: oauth.OauthStartAnswer,
    },
    {
      id: "finishUserPluginOauth",
      method: "get",
      path: "/user/plugins/oauth/callback",
      owner: "gateway",
      access: "public",
      summary: "Where the provider sends the browser back to: a page that tells how it went",
      query: oauth.OauthCallbackQuery,
      page: true,
      answer: z.string(),
    },
    {
      id: "disconnectUserPlugin",
      method: "delete",
      path: "/user/plugins/{pluginId}",
      owner: "gateway",
      summary: "Disconnect: delete everything of this connection",
      answer: Empty,
    },
  ],
);

/** Every call of the public API. */
export const OPERATIONS: readonly Operation[] = [
  ...setupAndSessions,
  ...users,
  ...libraries,
  ...seriesAndBooks,
  ...readers,
  ...adminPlugins,
  ...oauthClients,
  ...everyonesPlugins,
];

/** Path parameters named `{…Id}` that aren't the service's own plain `{id}`. */
export const PathIds = z.object({ id: z.uuid() });
export const PathPluginId = z.object({ pluginId: PluginId });
