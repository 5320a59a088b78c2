import type { Connection, PluginId } from "@codex/protocol";
import type { HostTraffic, RouteHost } from "../network/egress_broker.ts";
import type { ProcessEnd } from "../process/plugin_process.ts";
import type { ProtocolFaultKind } from "../rpc/connection.ts";

/** What happens to plugins outside of calls. Must not throw. */
export interface PluginEvents {
  /** A process is started and sent `params`; `connection` is whose it is. */
  initializing(id: PluginId, connection: Connection | undefined, params: object): void;
  /** The manifest that a process answered its start with, unchecked. */
  started(id: PluginId, manifest: unknown): void;
  /** A process ended by itself while nothing was asked of it. */
  crashed(id: PluginId, end: ProcessEnd): void;
  /** Something passed between a process and a granted host; `connection` is whose process it is. */
  passed(
    id: PluginId,
    connection: Connection | undefined,
    host: RouteHost,
    traffic: HostTraffic,
  ): void;
  /** A plugin broke the protocol. */
  faulted(id: PluginId, kind: ProtocolFaultKind, excerpt: string): void;
}
