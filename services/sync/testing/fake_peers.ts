/** auth and plugin-host in memory. */
import {
  type AuthService,
  type CallContext,
  type Connection,
  ConnectionId,
  type PluginCall,
  type PluginId,
  type PluginSummary,
  UserId,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { testPluginSummary } from "@codex/service/testing";
import type { SyncDeps } from "../deps.ts";
import { SOURCE } from "./fake_library.ts";
import type { FakeService } from "./fake_service.ts";

export class FakeAuth
  implements Pick<AuthService, "listConnections" | "issueTicket" | "reportAuthFailure"> {
  readonly connections: Connection[] = [];
  readonly authFailures: string[] = [];
  /** Whether a refused token can be renewed. */
  renewsTokens = false;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  connect(userId: string, pluginId: PluginId, config: Connection["config"] = {}): Connection {
    const connection: Connection = {
      id: ConnectionId.parse(crypto.randomUUID()),
      userId: UserId.parse(userId),
      pluginId,
      enabled: true,
      status: "connected",
      config,
      createdAt: new Date(this.#now()).toISOString(),
    };
    this.connections.push(connection);
    return connection;
  }

  change(id: ConnectionId, change: Partial<Connection>): void {
    const index = this.connections.findIndex((one) => one.id === id);
    this.connections[index] = { ...this.connections[index]!, ...change };
  }

  disconnect(id: ConnectionId): void {
    this.connections.splice(this.connections.findIndex((one) => one.id === id), 1);
  }

  // deno-lint-ignore require-await -- a refusal must be a rejection
  async listConnections(context: CallContext) {
    const userId = context.subject?.userId;
    return {
      connections: this.connections.filter((one) => one.userId === userId),
      purgesOwed: {},
      oauthClients: [],
    };
  }

  async issueTicket(context: CallContext, pluginId: PluginId) {
    const { connections } = await this.listConnections(context);
    const connection = connections.find((one) => one.pluginId === pluginId);
    if (connection === undefined) throw new ProblemError("not_found", "There is no connection");
    if (!connection.enabled || connection.status !== "connected") {
      throw new ProblemError("conflict", `The connection is ${connection.status}`);
    }
    const expiresAt = new Date(this.#now() + 300_000).toISOString();
    return { ticket: connection.id, expiresAt, connection };
  }

  // deno-lint-ignore require-await -- a refusal must be a rejection
  async reportAuthFailure(_context: CallContext, ticket: string, reason: string) {
    this.authFailures.push(reason);
    if (this.renewsTokens) return;
    this.change(ConnectionId.parse(ticket), { status: "needs_reconnection", statusReason: reason });
  }
}

/** plugin-host, whose plugins answer as the services of their connections. */
export class FakePluginHost implements Pick<SyncDeps, "pluginHost"> {
  readonly plugins: PluginSummary[] = [];
  /** By ticket, which is the connection's id here. */
  readonly services = new Map<string, FakeService>();
  /** Calls under way of each connection: never more than one. */
  readonly underWay = new Map<string, number>();
  /** Connections that were called twice at a time. */
  readonly collisions: string[] = [];

  add(change: Partial<PluginSummary> = {}, capabilities: object = {}): PluginSummary {
    const plugin = { ...pluginSummary(capabilities), ...change };
    this.plugins.push(plugin);
    return plugin;
  }

  change(id: PluginId, change: Partial<PluginSummary>): void {
    const index = this.plugins.findIndex((one) => one.id === id);
    this.plugins[index] = { ...this.plugins[index]!, ...change };
  }

  readonly pluginHost: SyncDeps["pluginHost"] = {
    // deno-lint-ignore require-await -- a refusal must be a rejection
    listPlugins: async () => this.plugins,
    // deno-lint-ignore require-await -- a refusal must be a rejection
    getPlugin: async (_context, id) => {
      const plugin = this.plugins.find((one) => one.id === id);
      if (plugin === undefined) throw new ProblemError("not_found", "There is no such plugin");
      return plugin;
    },
    callPlugin: (context, _id, call) => this.#call(context, call),
  };

  async #call(context: CallContext, { method, params, ticket = "" }: PluginCall) {
    const service = this.services.get(ticket);
    if (service === undefined) throw new ProblemError("unauthenticated", "No such ticket");
    const count = (this.underWay.get(ticket) ?? 0) + 1;
    this.underWay.set(ticket, count);
    if (count > 1) this.collisions.push(`${method} ${context.requestId}`);
    try {
      return await service.call(method, params);
    } finally {
      this.underWay.set(ticket, (this.underWay.get(ticket) ?? 1) - 1);
    }
  }
}

function pluginSummary(capabilities: object): PluginSummary {
  return testPluginSummary({}, {
    capabilities: { userReadSync: true, externalIdSource: SOURCE, ...capabilities },
  });
}
