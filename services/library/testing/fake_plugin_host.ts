/** plugin-host in memory: its plugins answer from functions. */
import type {
  CallContext,
  Json,
  Manifest,
  PluginCall,
  PluginCallAnswer,
  PluginHostService,
  PluginId,
  PluginSummary,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { testPluginSummary } from "@codex/service/testing";

/** Answers one method; throws {@linkcode FakeRpcError} for a JSON-RPC error. */
export type FakeMethod = (params: Record<string, Json>) => Json | Promise<Json>;

export class FakeRpcError extends Error {
  constructor(readonly code: number, message: string, readonly data?: Json) {
    super(message);
  }
}

interface FakePlugin {
  summary: PluginSummary;
  readonly methods: Record<string, FakeMethod>;
}

export class FakePluginHost implements Pick<PluginHostService, "getPlugin" | "callPlugin"> {
  readonly #plugins = new Map<string, FakePlugin>();
  /** Every call, in order. */
  readonly calls: { method: string; params: Record<string, Json> }[] = [];
  /** Awaited whenever a plugin's summary is asked for. */
  beforeGet: () => Promise<void> = () => Promise.resolve();

  add(
    methods: Record<string, FakeMethod>,
    change: Partial<PluginSummary> = {},
    capabilities: Partial<Manifest["capabilities"]> = {},
  ): PluginId {
    const summary = fakeSummary(change, capabilities);
    this.#plugins.set(summary.id, { summary, methods });
    return summary.id;
  }

  change(id: PluginId, change: Partial<PluginSummary>): void {
    const plugin = this.#find(id);
    plugin.summary = { ...plugin.summary, ...change };
  }

  async getPlugin(_context: CallContext, id: PluginId): Promise<PluginSummary> {
    await this.beforeGet();
    return this.#find(id).summary;
  }

  async callPlugin(
    _context: CallContext,
    id: PluginId,
    { method, params }: PluginCall,
  ): Promise<PluginCallAnswer> {
    const plugin = this.#find(id);
    if (!plugin.summary.usable) throw new ProblemError("plugin_off", "The plugin is off");
    this.calls.push({ method, params });
    const answer = plugin.methods[method];
    try {
      if (answer === undefined) throw new FakeRpcError(-32601, "Method not found");
      return { ok: true, result: await answer(params), ignored: [] };
    } catch (error) {
      if (!(error instanceof FakeRpcError)) throw error;
      const { code, message, data } = error;
      return { ok: false, error: { code, message, ...(data !== undefined && { data }) } };
    }
  }

  #find(id: PluginId): FakePlugin {
    const plugin = this.#plugins.get(id);
    if (plugin === undefined) throw new ProblemError("not_found", "There is no such plugin");
    return plugin;
  }
}

function fakeSummary(
  change: Partial<PluginSummary>,
  capabilities: Partial<Manifest["capabilities"]>,
): PluginSummary {
  return testPluginSummary({
    name: "metadata-fake",
    displayName: "Fake",
    pluginType: "system",
    permissions: ["metadata:write:*"],
    ...change,
  }, { capabilities: { metadataProvider: ["series", "book"], ...capabilities } });
}
