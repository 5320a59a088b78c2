/** Requests, failures and latency per plugin and method, of this replica since its start. */
import type { PluginId, PluginMetrics } from "@codex/protocol";
import { toTenths } from "../domain/latency.ts";
import type { PluginMemory } from "../registry/deleted_plugins.ts";

interface MethodCounts {
  requests: number;
  failures: number;
  latencyMsSum: number;
  latencyMsMax: number;
}

/** Methods counted of one plugin; the protocol has fewer. */
const METHODS_MAX = 50;

export class CallMetrics implements PluginMemory {
  readonly #plugins = new Map<PluginId, { name: string; methods: Map<string, MethodCounts> }>();

  record(
    plugin: { id: PluginId; name: string },
    method: string,
    latencyMs: number,
    failed: boolean,
  ): void {
    const entry = this.#plugins.get(plugin.id) ?? { name: plugin.name, methods: new Map() };
    this.#plugins.set(plugin.id, entry);
    let counts = entry.methods.get(method);
    if (counts === undefined) {
      if (entry.methods.size >= METHODS_MAX) return;
      counts = { requests: 0, failures: 0, latencyMsSum: 0, latencyMsMax: 0 };
      entry.methods.set(method, counts);
    }
    counts.requests++;
    if (failed) counts.failures++;
    counts.latencyMsSum += latencyMs;
    counts.latencyMsMax = Math.max(counts.latencyMsMax, latencyMs);
  }

  remembered(): Iterable<PluginId> {
    return this.#plugins.keys();
  }

  forget(id: PluginId): void {
    this.#plugins.delete(id);
  }

  read(): PluginMetrics["plugins"] {
    return [...this.#plugins].map(([pluginId, { name, methods }]) => ({
      pluginId,
      pluginName: name,
      methods: [...methods].map(([method, counts]) => ({
        method,
        requests: counts.requests,
        failures: counts.failures,
        latencyMsAverage: toTenths(counts.latencyMsSum / counts.requests),
        latencyMsMax: toTenths(counts.latencyMsMax),
      })),
    }));
  }
}
