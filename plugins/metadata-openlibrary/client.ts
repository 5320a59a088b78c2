/** HTTP with Open Library: paced, bounded, cached, and each kind of failure told apart. */
import {
  type CallContext,
  ConfigurationError,
  ExternalApiError,
  PluginError,
  RateLimitedError,
} from "@codex/plugin-sdk";
import { connectionFailure, readBodyText } from "@codex/plugin-sdk/http";
import { type Clock, Pacer, readRetryAfter } from "@codex/plugin-sdk/pacing";
import { ResponseCache } from "./response_cache.ts";
import type { Settings } from "./settings.ts";

/** Failures are thrown, so that none of them can pass for "missing". */
export type Reply =
  | { readonly kind: "found"; readonly body: unknown }
  | { readonly kind: "missing" }
  /** Not followed here: the caller knows where it may lead. */
  | { readonly kind: "redirected"; readonly location: string };

export interface ClientDeps {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

/** What a request needs of the host's call that it serves. */
export type CallScope = Pick<CallContext, "signal" | "timeLeftMs">;

const SERVICE = "Open Library";
const USER_AGENT = "Codex-OpenLibrary/0.1.0";
/** A wait for a turn has to end this long before the host gives the call up. */
const WAIT_MARGIN_MS = 5_000;
/** An answer has to be there this long before: a hanging service is then its own fault, not the plugin's. */
const REPLY_MARGIN_MS = 2_000;
const REPLY_TIMEOUT_MS_MIN = 1_000;
const REPLY_TIMEOUT_MS_MAX = 12_000;
const BODY_BYTES_MAX = 4 * 1024 * 1024;
const CACHE_BYTES_MAX = 4 * 1024 * 1024;
const CACHE_LIFETIME_MS = 10 * 60_000;
/** Weight of an entry beside its body. */
const ENTRY_BYTES = 200;
/** 429 comes without Retry-After: the first pause, doubled while they follow each other. */
const PAUSE_SECONDS_FIRST = 10;
const PAUSE_SECONDS_MAX = 300;

export class Client {
  readonly #pacer: Pacer;
  readonly #cache: ResponseCache<Reply>;
  readonly #headers: HeadersInit;
  /** How many 429 followed each other. */
  #rateLimits = 0;

  constructor(private readonly settings: Settings, private readonly deps: ClientDeps) {
    const { clock } = deps;
    this.#pacer = new Pacer(SERVICE, settings.requestsPerSecond * 60, clock);
    this.#cache = new ResponseCache(
      { sizeMax: CACHE_BYTES_MAX, lifetimeMs: CACHE_LIFETIME_MS },
      () => clock.now(),
    );
    const { contact } = settings;
    this.#headers = {
      accept: "application/json",
      "user-agent": contact === null ? USER_AGENT : `${USER_AGENT} (${contact})`,
    };
  }

  /**
   * @param path from the base URL on, with its query
   * @throws {RateLimitedError} asked to slow down, and waiting would take too long for this call
   * @throws {ConfigurationError} refused for want of a contact, or the host isn't granted
   * @throws {ExternalApiError} any other failure
   * @throws the signal's reason when the call is given up
   */
  async get(path: string, scope: CallScope): Promise<Reply> {
    const cached = this.#cache.get(path);
    if (cached !== undefined) return cached;
    const first = await this.#attempt(path, scope);
    if (!(first instanceof RateLimitedError)) return first;
    // The pacer now waits as long as was asked, or refuses when that is too long.
    const second = await this.#attempt(path, scope);
    if (second instanceof RateLimitedError) throw second;
    return second;
  }

  async #attempt(path: string, scope: CallScope): Promise<Reply | RateLimitedError> {
    const { signal } = scope;
    const latestAt = this.deps.clock.now() + scope.timeLeftMs() - WAIT_MARGIN_MS;
    await this.#pacer.turn({ signal, latestAt });
    const url = this.settings.baseUrl + path;
    const timeout = this.#replyTimeout(scope);
    try {
      const response = await this.deps.fetch(url, {
        headers: this.#headers,
        redirect: "manual",
        signal: AbortSignal.any([signal, timeout.signal]),
      });
      return await this.#read(path, response);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      if (thrown instanceof PluginError) throw thrown;
      throw connectionFailure(SERVICE, url, thrown, timeout.signal.aborted);
    } finally {
      timeout.cancel();
    }
  }

  /** Of the client's clock, so that tests need not wait. */
  #replyTimeout(scope: CallScope): { readonly signal: AbortSignal; cancel(): void } {
    const wantedMs = Math.min(scope.timeLeftMs() - REPLY_MARGIN_MS, REPLY_TIMEOUT_MS_MAX);
    const expired = new AbortController();
    const cancelled = new AbortController();
    this.deps.clock
      .delay(Math.max(wantedMs, REPLY_TIMEOUT_MS_MIN), cancelled.signal)
      .then(() => expired.abort(), () => {});
    return { signal: expired.signal, cancel: () => cancelled.abort() };
  }

  async #read(path: string, response: Response): Promise<Reply | RateLimitedError> {
    const { status, headers } = response;
    if (status === 200) return await this.#readRecord(path, response);
    await response.body?.cancel();
    if (status === 429) return this.#slowDown(headers);
    if (status === 404) return this.#keep(path, { kind: "missing" }, 0);
    const location = headers.get("location");
    if (status >= 300 && status < 400 && location !== null) {
      return this.#keep(path, { kind: "redirected", location }, 0);
    }
    if (status === 403) throw this.#refused();
    throw new ExternalApiError(`${SERVICE} answered ${status}`, { status });
  }

  async #readRecord(path: string, response: Response): Promise<Reply> {
    const text = await readBodyText(SERVICE, response, BODY_BYTES_MAX);
    this.#rateLimits = 0;
    try {
      return this.#keep(path, { kind: "found", body: JSON.parse(text) }, text.length);
    } catch {
      throw new ExternalApiError(`${SERVICE} answered what is not JSON`, { status: 200 });
    }
  }

  #keep(path: string, reply: Reply, size: number): Reply {
    this.#cache.set(path, reply, size + ENTRY_BYTES);
    return reply;
  }

  #slowDown(headers: Headers): RateLimitedError {
    const doubled = PAUSE_SECONDS_FIRST * 2 ** this.#rateLimits++;
    const seconds = readRetryAfter(headers) ?? Math.min(doubled, PAUSE_SECONDS_MAX);
    this.#pacer.holdUntil(this.deps.clock.now() + seconds * 1000);
    return new RateLimitedError(seconds, `${SERVICE} asks to wait ${seconds} s`);
  }

  #refused(): PluginError {
    if (this.settings.contact !== null) {
      return new ExternalApiError(`${SERVICE} refuses this server (403)`, { status: 403 });
    }
    return new ConfigurationError(
      `${SERVICE} refuses requests without a contact (403): set "contact"`,
    );
  }
}
