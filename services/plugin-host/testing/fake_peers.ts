/** auth and storage as plugin-host sees them, in memory. */
import {
  type AuthService,
  Connection,
  type ConnectionId,
  type Json,
  type NewAuditEntry,
  type PluginId,
  type StorageService,
  type StorageUse,
  type UserId,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { UsedAuth } from "../assembly.ts";

/** A call that no test expects. */
const unexpected = () => Promise.reject(new Error("Nothing of plugin-host calls this"));

export class FakeAuth implements UsedAuth {
  readonly audit: NewAuditEntry[] = [];
  readonly secrets = new Map<PluginId, Record<string, string>>();
  readonly connections = new Map<
    string,
    { connection: Connection; credentials: Record<string, string> }
  >();
  readonly deleted: PluginId[] = [];
  /** As without an encryption key. */
  hasKey = true;

  readonly renewTicket = unexpected;

  /** Adds a connection whose secrets are released against `ticket`. */
  connect(
    ticket: string,
    ids: { connectionId: ConnectionId; pluginId: PluginId; userId: UserId },
    credentials: Record<string, string>,
  ): void {
    const connection = Connection.parse({
      id: ids.connectionId,
      userId: ids.userId,
      pluginId: ids.pluginId,
      enabled: true,
      status: "connected",
      config: { unit: "volumes", _codex: { syncRatings: true } },
      createdAt: "2026-01-01T00:00:00.000Z",
    });
    this.connections.set(ticket, { connection, credentials });
  }

  releaseConnectionSecrets: AuthService["releaseConnectionSecrets"] = (_context, ticket) => {
    const found = this.connections.get(ticket);
    return found === undefined
      ? Promise.reject(new ProblemError("unauthenticated", "The ticket is not valid"))
      : Promise.resolve(found);
  };

  putPluginSecrets: AuthService["putPluginSecrets"] = (_context, pluginId, { credentials }) => {
    if (!this.hasKey) {
      return Promise.reject(new ProblemError("encryption_key_missing", "No encryption key is set"));
    }
    const kept = { ...this.secrets.get(pluginId) };
    for (const [name, value] of Object.entries(credentials)) {
      if (value === null) delete kept[name];
      else kept[name] = value;
    }
    this.secrets.set(pluginId, kept);
    return Promise.resolve();
  };

  getPluginSecrets: AuthService["getPluginSecrets"] = (_context, pluginId) =>
    Promise.resolve({ credentials: this.secrets.get(pluginId) ?? {} });

  deletePlugin: AuthService["deletePlugin"] = (_context, pluginId) => {
    this.deleted.push(pluginId);
    this.secrets.delete(pluginId);
    return Promise.resolve();
  };

  appendAudit: AuthService["appendAudit"] = (_context, entry) => {
    this.audit.push(entry);
    return Promise.resolve();
  };
}

export class FakeStorage implements StorageService {
  /** Values by ticket and key. */
  readonly values = new Map<string, Json>();
  uses: StorageUse["connections"] = [];

  readonly purgeConnection = unexpected;
  readonly purgeUser = unexpected;

  get: StorageService["get"] = (_context, ticket, key) =>
    Promise.resolve({ data: this.values.get(`${ticket} ${key}`) ?? null });

  set: StorageService["set"] = (_context, ticket, { key, data }) => {
    this.values.set(`${ticket} ${key}`, data);
    return Promise.resolve();
  };

  delete: StorageService["delete"] = (_context, ticket, key) =>
    Promise.resolve(this.values.delete(`${ticket} ${key}`));

  use: StorageService["use"] = () => Promise.resolve({ connections: this.uses });

  list: StorageService["list"] = () => Promise.resolve({ keys: [] });

  clear: StorageService["clear"] = () => Promise.resolve(0);
}
