/** Stand-ins for auth, plugin-host and sync, kept in memory. */
import {
  type Connection,
  ConnectionId,
  type ConnectionsAnswer,
  type ConnectionSync,
  type JsonObject,
  Manifest,
  type NewAuditEntry,
  type OauthOutcome,
  type OauthReturn,
  type PluginId,
  type PluginSummary,
  type Principal,
  type Role,
  SCOPES_OF_ROLE,
  SessionId,
  UserId,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { GatewayDeps } from "../app.ts";

export class FakeAuth implements Pick<GatewayDeps, "auth"> {
  readonly tokens = new Map<string, Principal>();
  readonly connections = new Map<string, Connection>();
  readonly purgesOwed: ConnectionsAnswer["purgesOwed"] = {};
  readonly oauthClients: PluginId[] = [];
  /** What browsers came back with. */
  readonly returns: OauthReturn[] = [];
  /** Lines of the audit log, with who did it. */
  readonly audited: (NewAuditEntry & { readonly by: UserId | undefined })[] = [];
  /** How each of them is told that it went. */
  /** Whether sign-ins begin with the plugin's own redirect URL. */
  ownRedirect = false;
  outcome: OauthOutcome = { kind: "failed", reason: "used" };
  resolveCalls = 0;
  /** Thrown by the next calls. */
  failure: ProblemError | undefined;
  /** Awaited by `resolve` before it looks. */
  gate: Promise<void> | undefined;

  readonly auth: GatewayDeps["auth"] = {
    resolve: async (_context, token) => {
      this.resolveCalls++;
      const principal = this.tokens.get(token) ?? null;
      await this.gate;
      if (this.failure !== undefined) throw this.failure;
      return principal;
    },
    appendAudit: (context, entry) =>
      this.#answer(() => {
        this.audited.push({ ...entry, by: context.subject?.userId });
      }),
    listConnections: () =>
      this.#answer(() => ({
        connections: [...this.connections.values()],
        purgesOwed: this.purgesOwed,
        oauthClients: this.oauthClients,
      })),
    enableConnection: (context, pluginId) =>
      this.#answer(() => {
        const connection: Connection = {
          id: ConnectionId.parse(crypto.randomUUID()),
          userId: context.subject!.userId,
          pluginId,
          enabled: true,
          status: "connected",
          config: {},
          createdAt: "2026-01-01T00:00:00.000Z",
        };
        this.connections.set(pluginId, connection);
        return connection;
      }),
    disableConnection: (_context, pluginId) =>
      this.#answer(() => this.#change(pluginId, { enabled: false })).then(() => {}),
    configureConnection: (_context, pluginId, config: JsonObject) =>
      this.#answer(() => this.#change(pluginId, { config })),
    setCredentials: (_context, pluginId) =>
      this.#answer(() => this.#change(pluginId, { status: "connected" })),
    startOauth: (_context, pluginId) =>
      this.#answer(() => ({
        redirectUrl: `https://provider.example/authorize?plugin=${pluginId}`,
        state: "the-state",
        browserToken: "the-browser-token",
        expiresAt: "2026-01-01T00:05:00.000Z",
        ownRedirect: this.ownRedirect,
      })),
    finishOauth: (_context, back) =>
      this.#answer(() => {
        this.returns.push(back);
        return this.outcome;
      }),
    disconnect: (_context, pluginId) =>
      this.#answer(() => {
        this.#change(pluginId, {});
        this.connections.delete(pluginId);
      }),
  };

  /** A user's session; its token. */
  signIn(role: Role, options: { fresh?: boolean } = {}): string {
    const token = `cxs_${crypto.randomUUID()}`;
    this.tokens.set(token, {
      subject: {
        userId: UserId.parse(crypto.randomUUID()),
        role,
        scopes: [...SCOPES_OF_ROLE[role]],
        fresh: options.fresh ?? true,
      },
      kind: "session",
      sessionId: SessionId.parse(crypto.randomUUID()),
    });
    return token;
  }

  /** An API token with every scope of its user's role. */
  addApiToken(role: Role): string {
    const { subject } = this.tokens.get(this.signIn(role))!;
    const token = `cxk_${crypto.randomUUID()}`;
    this.tokens.set(token, { subject, kind: "api_key" });
    return token;
  }

  // deno-lint-ignore require-await -- a refusal must be a rejection
  async #answer<Answer>(answer: () => Answer): Promise<Answer> {
    if (this.failure !== undefined) throw this.failure;
    return answer();
  }

  #change(pluginId: PluginId, change: Partial<Connection>): Connection {
    const connection = this.connections.get(pluginId);
    if (connection === undefined) throw new ProblemError("not_found", "There is no connection");
    const changed = { ...connection, ...change };
    this.connections.set(pluginId, changed);
    return changed;
  }
}

export class FakeSync implements Pick<GatewayDeps, "sync"> {
  readonly connections: ConnectionSync[] = [];
  /** What was asked for. */
  readonly modes: [pluginId: string, auto: boolean][] = [];
  failure: ProblemError | undefined;

  readonly sync: GatewayDeps["sync"] = {
    // deno-lint-ignore require-await -- a refusal must be a rejection
    listConnectionSyncs: async () => {
      if (this.failure !== undefined) throw this.failure;
      return this.connections;
    },
    // deno-lint-ignore require-await -- a refusal must be a rejection
    setSyncMode: async (_context, pluginId, autoSync) => {
      if (this.failure !== undefined) throw this.failure;
      this.modes.push([pluginId, autoSync]);
      return { connectionId: ConnectionId.parse(crypto.randomUUID()), autoSync };
    },
  };
}

export class FakePluginHost implements Pick<GatewayDeps, "pluginHost"> {
  readonly plugins: PluginSummary[] = [];
  failure: ProblemError | undefined;

  readonly pluginHost: GatewayDeps["pluginHost"] = {
    // deno-lint-ignore require-await -- a refusal must be a rejection
    listPlugins: async () => {
      if (this.failure !== undefined) throw this.failure;
      return this.plugins;
    },
    // deno-lint-ignore require-await -- a refusal must be a rejection
    getPlugin: async (_context, id) => {
      if (this.failure !== undefined) throw this.failure;
      const plugin = this.plugins.find((one) => one.id === id);
      if (plugin === undefined) throw new ProblemError("not_found", "There is no such plugin");
      return plugin;
    },
  };

  add(plugin: PluginSummary): PluginSummary {
    this.plugins.push(plugin);
    return plugin;
  }
}

export function manifest(change: object): Manifest {
  return Manifest.parse({
    name: "sync-example",
    displayName: "Example sync",
    version: "1.2.3",
    protocolVersion: "1.0",
    capabilities: { userReadSync: true },
    ...change,
  });
}
