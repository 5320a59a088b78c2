/** A run's plugin and connection, as long as the run is in one worker's hands. */
import {
  type CallContext,
  type Connection,
  type Json,
  type JsonObject,
  type Manifest,
  type PluginCallAnswer,
  type PluginSummary,
  type ProblemCode,
  RESERVED_CONFIG_KEY,
  RpcErrorCode,
  type SyncSettings,
  syncSettingsOf,
  type TicketAnswer,
} from "@codex/protocol";
import { ProblemError } from "@codex/service";
import type { Run } from "../db/run_queries.ts";
import type { RunDeps } from "../deps.ts";
import { ConnectionGone, PluginRefusal, RunStop } from "./run_stop.ts";

type SessionDeps = Pick<RunDeps, "auth" | "pluginHost" | "now">;

/** A ticket is asked for anew when it ends sooner: the longest start and call of a plugin need it. */
const TICKET_MARGIN_MS = 120_000;

/** Refusals that waiting doesn't mend. */
const FINAL: ReadonlySet<ProblemCode> = new Set<ProblemCode>([
  "not_found",
  "conflict",
  "forbidden",
  "not_granted",
  "bad_request",
]);

export class PluginSession {
  #ticket: TicketAnswer;
  readonly #deps: SessionDeps;
  readonly #context: CallContext;
  readonly plugin: PluginSummary;
  readonly manifest: Manifest;

  private constructor(
    deps: SessionDeps,
    context: CallContext,
    plugin: PluginSummary,
    manifest: Manifest,
    ticket: TicketAnswer,
  ) {
    this.#deps = deps;
    this.#context = context;
    this.plugin = plugin;
    this.manifest = manifest;
    this.#ticket = ticket;
  }

  /**
   * @throws {RunStop} `fail` while the plugin is off, or the connection off or not connected
   * @throws {ConnectionGone}
   */
  static async open(deps: SessionDeps, context: CallContext, run: Run): Promise<PluginSession> {
    const { pluginId, connectionId } = run;
    const ticket = await ticketOf(deps.auth, context, { id: connectionId, pluginId });
    const plugin = await orFail(deps.pluginHost.getPlugin(context, pluginId));
    const { manifest } = plugin;
    if (!plugin.usable || manifest === null) {
      throw failed(`The plugin is off: ${plugin.stateReason ?? plugin.state}`);
    }
    return new PluginSession(deps, context, plugin, manifest, ticket);
  }

  get connection(): Connection {
    return this.#ticket.connection;
  }

  get settings(): SyncSettings {
    return syncSettingsOf(this.connection.config);
  }

  /** The connection's configuration as the plugin gets it. */
  get config(): JsonObject {
    const { [RESERVED_CONFIG_KEY]: _, ...config } = this.connection.config;
    return config;
  }

  /** How long the plugin may take for one answer, in milliseconds. */
  get deadlineMs(): number {
    return this.plugin.requestTimeoutSeconds * 1000;
  }

  /**
   * @throws {PluginRefusal} the plugin's own error
   * @throws {RunStop} when its credentials are refused
   * @throws {ConnectionGone}
   * @throws ProblemError as `PluginHostService.callPlugin`
   */
  async call(method: string, params: JsonObject): Promise<Json> {
    return (await this.ask(method, params)).result;
  }

  /** As {@linkcode call}, with what was left out of the answer because it can't be read. */
  async ask(method: string, params: JsonObject): Promise<Extract<PluginCallAnswer, { ok: true }>> {
    const { pluginHost } = this.#deps;
    const { ticket } = await this.#freshTicket();
    const answer = await pluginHost.callPlugin(this.#context, this.plugin.id, {
      method,
      params,
      ticket,
    });
    if (answer.ok) return answer;
    if (answer.error.code === RpcErrorCode.authFailed) {
      throw await this.refuseCredentials(answer.error.message);
    }
    throw new PluginRefusal(method, answer.error);
  }

  /** Tells the owner of the credentials that they are refused, and what that means for the run. */
  async refuseCredentials(reason: string): Promise<RunStop> {
    const { auth } = this.#deps;
    await auth.reportAuthFailure(this.#context, this.#ticket.ticket, reason.slice(0, 500));
    // A token that could be renewed leaves the connection connected.
    this.#ticket = await ticketOf(auth, this.#context, this.connection);
    return new RunStop({ kind: "retry", reason: `The service refuses the sign-in: ${reason}` });
  }

  async #freshTicket(): Promise<TicketAnswer> {
    const { auth, now } = this.#deps;
    if (Date.parse(this.#ticket.expiresAt) - now() < TICKET_MARGIN_MS) {
      this.#ticket = await ticketOf(auth, this.#context, this.connection);
    }
    return this.#ticket;
  }
}

/** A ticket of this connection, and of none that took its place. */
async function ticketOf(
  auth: SessionDeps["auth"],
  context: CallContext,
  { id, pluginId }: Pick<Connection, "id" | "pluginId">,
): Promise<TicketAnswer> {
  const issued = auth.issueTicket(context, pluginId).catch((error) => {
    if (error instanceof ProblemError && error.code === "not_found") throw new ConnectionGone();
    throw error;
  });
  const ticket = await orFail(issued);
  if (ticket.connection.id !== id) throw new ConnectionGone();
  return ticket;
}

/** Makes a refusal that only people can mend the end of the run. */
async function orFail<Answer>(answer: Promise<Answer>): Promise<Answer> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof ProblemError && FINAL.has(error.code)) {
      throw new RunStop({ kind: "fail", reason: error.message }, { cause: error });
    }
    throw error;
  }
}

function failed(reason: string): RunStop {
  return new RunStop({ kind: "fail", reason });
}
