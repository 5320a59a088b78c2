/**
 * A GraphQL client for plugins: paced by what the service says it allows, bounded in time and size,
 * every kind of failure told apart.
 *
 * @module
 */
import { AuthFailedError, ExternalApiError, PluginError, RateLimitedError } from "./errors.ts";
import { type GraphqlFault, type GraphqlReply, readReply } from "./graphql_reply.ts";
import { connectionFailure, readBodyText } from "./http.ts";
import { type Pacer, readRetryAfter } from "./pacing.ts";

export type { GraphqlFault, GraphqlReply } from "./graphql_reply.ts";

export interface GraphqlOptions {
  /** How messages call it. */
  readonly service: string;
  readonly url: string;
  /** One for all calls of a process. */
  readonly pacer: Pacer;
  /** Beside those of JSON. */
  readonly headers?: Readonly<Record<string, string>>;
  /** The service's own rules for a reply with faults; undefined leaves it to the general ones. */
  readonly explain?: (faults: readonly GraphqlFault[], status: number) => PluginError | undefined;
  readonly fetch?: typeof fetch;
}

/** What a client needs of the host's call that it works for. */
export interface CallScope {
  readonly signal: AbortSignal;
  timeLeftMs(): number;
}

/** A wait has to end this long before the host gives the call up. */
const WAIT_MARGIN_MS = 5_000;
/** A reply has to be there this long before: a service that hangs is then its own fault, not the plugin's. */
const REPLY_MARGIN_MS = 2_000;
const REPLY_TIMEOUT_MS_MIN = 1_000;
/** Where a 429 doesn't say how long. */
const RETRY_AFTER_SECONDS = 60;
const BODY_BYTES_MAX = 16 * 1024 * 1024;

export class GraphqlClient {
  constructor(private readonly options: GraphqlOptions) {}

  /** For one call of the host: its deadline holds for all requests together. */
  within(scope: CallScope): GraphqlCall {
    return new GraphqlCall(this.options, scope);
  }
}

export class GraphqlCall {
  readonly #deadlineAt: number;
  /** One wait for a 429 in a call, not one for each request. */
  #mayRetry = true;

  constructor(private readonly options: GraphqlOptions, private readonly scope: CallScope) {
    this.#deadlineAt = options.pacer.clock.now() + scope.timeLeftMs();
  }

  /**
   * Sends one operation and answers with its data.
   *
   * @throws {RateLimitedError} asked to slow down, and waiting would take too long for this call
   * @throws {AuthFailedError} the credentials are refused
   * @throws {ConfigurationError} the host isn't granted
   * @throws {ExternalApiError} any other failure, or an answer with a fault
   * @throws the signal's reason when the call is given up
   */
  async query(document: string, variables: object = {}): Promise<Record<string, unknown>> {
    const { data, faults, status } = await this.queryPartly(document, variables);
    const [fault] = faults;
    if (fault !== undefined) throw this.#failure(fault.message, status);
    return data;
  }

  /** As `query`, but an answer that is there in part is no error: see its `faults`. */
  async queryPartly(document: string, variables: object = {}): Promise<GraphqlReply> {
    const reply = await this.#attempt(document, variables);
    if (!(reply instanceof RateLimitedError)) return reply;
    if (!this.#mayRetry) throw reply;
    this.#mayRetry = false;
    // The pacer now waits as long as was asked, or refuses when that is too long.
    const second = await this.#attempt(document, variables);
    if (second instanceof RateLimitedError) throw second;
    return second;
  }

  async #attempt(document: string, variables: object): Promise<GraphqlReply | RateLimitedError> {
    const { pacer, url } = this.options;
    const { signal } = this.scope;
    await pacer.turn({ signal, latestAt: this.#deadlineAt - WAIT_MARGIN_MS });
    const timeout = AbortSignal.timeout(this.#replyTimeoutMs());
    try {
      const response = await (this.options.fetch ?? fetch)(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          ...this.options.headers,
        },
        body: JSON.stringify({ query: document, variables }),
        // A redirect would carry the token elsewhere.
        redirect: "manual",
        signal: AbortSignal.any([signal, timeout]),
      });
      return await this.#read(response);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      if (thrown instanceof PluginError) throw thrown;
      throw connectionFailure(this.options.service, url, thrown, timeout.aborted);
    }
  }

  async #read(response: Response): Promise<GraphqlReply | RateLimitedError> {
    this.#noteRate(response.headers);
    const text = await readBodyText(this.options.service, response, BODY_BYTES_MAX);
    if (response.status === 429) return this.#slowDown(response.headers);
    const reply = readReply(text, response.status);
    if (reply === undefined) throw this.#noReply(response.status);
    const { faults, status } = reply;
    if (status === 429) return this.#slowDown(response.headers);
    if (faults.length === 0 && response.ok) return reply;
    const explained = this.options.explain?.(faults, status);
    if (explained !== undefined) throw explained;
    const message = faults[0]?.message ?? "no reason given";
    if (status === 401) throw this.#refused(message);
    const isPartial = faults.length > 0 &&
      Object.values(reply.data).some((part) => part !== null);
    if (!isPartial) throw this.#failure(message, status);
    return reply;
  }

  #noReply(status: number): PluginError {
    const what = "no GraphQL answer";
    return status === 401 ? this.#refused(what) : this.#failure(what, status);
  }

  #refused(message: string): AuthFailedError {
    return new AuthFailedError(`${this.options.service} refuses the credentials: ${message}`);
  }

  #noteRate(headers: Headers): void {
    const limit = Number(headers.get("x-ratelimit-limit") ?? NaN);
    if (limit >= 1) this.options.pacer.setRate(limit);
  }

  #slowDown(headers: Headers): RateLimitedError {
    const { pacer, service } = this.options;
    const seconds = readRetryAfter(headers) ?? RETRY_AFTER_SECONDS;
    pacer.holdUntil(pacer.clock.now() + seconds * 1000);
    return new RateLimitedError(seconds, `${service} asks to wait ${seconds} s`);
  }

  #replyTimeoutMs(): number {
    const leftMs = this.#deadlineAt - this.options.pacer.clock.now();
    return Math.max(leftMs - REPLY_MARGIN_MS, REPLY_TIMEOUT_MS_MIN);
  }

  #failure(what: string, status: number): ExternalApiError {
    return new ExternalApiError(`${this.options.service} answered ${status}: ${what}`, { status });
  }
}
