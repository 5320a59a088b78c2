/** How a call of a service or a person becomes a call of a plugin, and what its outcome means. */
import {
  type CallContext,
  type ExecuteAnswer,
  type ExecuteRequest,
  type Json,
  type JsonObject,
  type PluginCall,
  type PluginCallAnswer,
  type PluginId,
} from "@codex/protocol";

export interface PluginCalls {
  /**
   * Calls a method on behalf of another service; the answer is checked by the method's schema.
   *
   * @throws ProblemError `plugin_crashed`, `plugin_failed`, `deadline_exceeded`, `no_capacity`,
   * `plugin_off`, `not_granted`, `bad_request`
   */
  call(context: CallContext, id: PluginId, call: PluginCall): Promise<PluginCallAnswer>;
  /** Runs one action for a person. The plugin's own error is an answer, not a problem. */
  execute(context: CallContext, id: PluginId, request: ExecuteRequest): Promise<ExecuteAnswer>;
}

export type { Json, JsonObject };
