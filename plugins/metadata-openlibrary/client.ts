/** HTTP with Open Library: paced, bounded, cached, and each kind of failure told apart. */
import {
  ConfigurationError,
  ExternalApiError,
  PluginError,
  RateLimitedError,
} from "@codex/plugin-sdk";
import { type Clock, RequestQueue } from "./request_queue.ts";
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

const REQUEST_TIMEOUT_MS = 12_000;
const BODY_BYTES_MAX = 4 * 1024 * 1024;
const CACHE_BYTES_MAX = 4 * 1024 * 1024;
const CACHE_LIFETIME_MS = 10 * 60_000;
/** Weight of an entry beside its body. */
const ENTRY_BYTES = 200;
/** 429 comes without Retry-After: the first pause, doubled while they follow each other. */
const PAUSE_SECONDS_FIRST = 10;
const PAUSE_SECONDS_MAX = 300;
const USER_AGENT = "Codex-OpenLibrary/0.1.0";

export class Client {
  readonly #queue: RequestQueue;
  readonly #cache: ResponseCache<Reply>;
  readonly #headers: HeadersInit;
  /** How many 429 followed each other. */
  #rateLimits = 0;

  constructor(private readonly settings: Settings, private readonly deps: ClientDeps) {
    this.#queue = new RequestQueue(settings.requestsPerSecond, deps.clock);
    this.#cache = new ResponseCache(
      { sizeMax: CACHE_BYTES_MAX, lifetimeMs: CACHE_LIFETIME_MS },
      deps.clock.now,
    );
    const { contact } = settings;
    this.#headers = {
      accept: "application/json",
      "user-agent": contact === null ? USER_AGENT : `${USER_AGENT} (${contact})`,
    };
  }

  /**
   * @param path from the base URL on, with its query
   * @throws {RateLimitedError} asked to slow down, and waiting would take too long
   * @throws {ConfigurationError} refused for want of a contact, or the host isn't granted
   * @throws {ExternalApiError} any other failure
   * @throws the signal's reason when the call is given up
   */
  async get(path: string, signal: AbortSignal): Promise<Reply> {
    const cached = this.#cache.get(path);
    if (cached !== undefined) return cached;
    const first = await this.#attempt(path, signal);
    if (!(first instanceof RateLimitedError)) return first;
    // The queue now waits as long as was asked, or refuses if that is too long for this call.
    const second = await this.#attempt(path, signal);
    if (second instanceof RateLimitedError) throw second;
    return second;
  }

  async #attempt(path: string, signal: AbortSignal): Promise<Reply | RateLimitedError> {
    await this.#queue.turn(signal);
    const timeout = new AbortController();
    const cancelTimer = this.deps.clock.after(REQUEST_TIMEOUT_MS, () => timeout.abort());
    try {
      const response = await this.deps.fetch(`${this.settings.baseUrl}${path}`, {
        headers: this.#headers,
        redirect: "manual",
        signal: AbortSignal.any([signal, timeout.signal]),
      });
      return await this.#read(path, response);
    } catch (thrown) {
      if (signal.aborted) throw signal.reason;
      throw thrown instanceof PluginError
        ? thrown
        : this.#unreachable(thrown, timeout.signal.aborted);
    } finally {
      cancelTimer();
    }
  }

  async #read(path: string, response: Response): Promise<Reply | RateLimitedError> {
    const { status } = response;
    if (status === 200) return await this.#readBody(path, response);
    await response.body?.cancel();
    if (status === 429) return this.#slowDown(response);
    if (status === 404) return this.#keep(path, { kind: "missing" }, 0);
    const location = response.headers.get("location");
    if (status >= 300 && status < 400 && location !== null) {
      return this.#keep(path, { kind: "redirected", location }, 0);
    }
    if (status === 403) throw this.#refused();
    throw new ExternalApiError(`Open Library answered ${status}`, { status });
  }

  async #readBody(path: string, response: Response): Promise<Reply> {
    const text = await readText(response);
    this.#rateLimits = 0;
    try {
      return this.#keep(path, { kind: "found", body: JSON.parse(text) }, text.length);
    } catch {
      throw new ExternalApiError("Open Library answered what is not JSON", { status: 200 });
    }
  }

  #keep(path: string, reply: Reply, size: number): Reply {
    this.#cache.set(path, reply, size + ENTRY_BYTES);
    return reply;
  }

  #slowDown(response: Response): RateLimitedError {
    const doubled = PAUSE_SECONDS_FIRST * 2 ** this.#rateLimits++;
    const seconds = retryAfterSeconds(response) ?? Math.min(doubled, PAUSE_SECONDS_MAX);
    this.#queue.pause(seconds);
    return new RateLimitedError(seconds, "Open Library answered that there were too many requests");
  }

  #refused(): PluginError {
    if (this.settings.contact !== null) {
      return new ExternalApiError("Open Library refuses this server (403)", { status: 403 });
    }
    return new ConfigurationError(
      'Open Library refuses requests without a contact (403): set "contact"',
    );
  }

  #unreachable(thrown: unknown, timedOut: boolean): PluginError {
    const { host } = new URL(this.settings.baseUrl);
    if (timedOut) {
      return new ExternalApiError(`"${host}" took longer than ${REQUEST_TIMEOUT_MS / 1000} s`);
    }
    const { name, message } = thrown instanceof Error ? thrown : new Error(String(thrown));
    // How Deno says that the sandbox doesn't let this host through.
    if (name === "NotCapable" || name === "PermissionDenied") {
      return new ConfigurationError(`Network access to "${host}" is not granted`);
    }
    return new ExternalApiError(`"${host}" can't be reached: ${message}`, { cause: thrown });
  }
}

/** Retry-After in seconds or as a date (RFC 9110, 10.2.3); undefined when missing or odd. */
function retryAfterSeconds(response: Response): number | undefined {
  const value = response.headers.get("retry-after")?.trim() ?? "";
  if (/^\d{1,6}$/.test(value)) return Number(value);
  const instant = Date.parse(value);
  if (Number.isNaN(instant)) return undefined;
  return Math.max(0, Math.ceil((instant - Date.now()) / 1000));
}

/** A body is given up as soon as it is too long. */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) {
      throw new ExternalApiError(`Open Library's answer is longer than ${BODY_BYTES_MAX} bytes`);
    }
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
