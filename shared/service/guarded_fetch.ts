/**
 * Fetching URLs that a plugin or provider names (security.md: "Network from the host"): only https,
 * only public addresses, bounded in time and size. The address that was checked is the one that is
 * connected to, so a name can't resolve to something else a moment later.
 */
import { lookup as lookUpName } from "node:dns/promises";
import { type ClientRequest, type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { isIP } from "node:net";
import { type AllowedHosts, isAllowedHost } from "./allowed_hosts.ts";
import { isPublicAddress } from "./private_address.ts";

export interface GuardedRequest {
  readonly method?: "GET" | "POST";
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for all of it: look-up, connection, redirects and body. */
  readonly timeoutMs: number;
  /** Bytes of the body at most. */
  readonly bytesMax: number;
  /** How many redirects are followed, each checked like the first URL; none unless given. */
  readonly redirectsMax?: number;
  /** Media types that are read, `image/png` or `image/*`; any unless given. */
  readonly mediaTypes?: readonly string[];
  readonly signal?: AbortSignal;
}

export type GuardedAnswer =
  | {
    readonly kind: "answered";
    readonly status: number;
    /** Lower case, without parameters; empty where the server names none. */
    readonly mediaType: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Uint8Array;
  }
  | GuardedFailure;

export type GuardedFailure =
  /** Against the rules here, or the server's answer is. */
  | {
    readonly kind: "refused";
    readonly reason: "scheme" | "address" | "redirect" | "media_type" | "size";
    readonly detail: string;
  }
  /** No answer came. */
  | {
    readonly kind: "unreachable";
    readonly reason: "name" | "connection" | "timeout";
    readonly detail: string;
  };

/** Answers before the answer (RFC 9110 section 15.2): one or two are in use. */
const INFORMATION_MAX = 10;

/** Bytes beside the body at most, and as many again as the body has: heads, chunk sizes, trailers. */
const FRAMING_BYTES_MAX = 64 * 1024;

export type GuardedFetch = (url: URL, request: GuardedRequest) => Promise<GuardedAnswer>;

export interface ResolvedAddress {
  readonly address: string;
  readonly family: number;
}

export interface GuardedFetchOptions {
  /** Hosts whose address isn't checked, and that may be reached by http. */
  readonly allowedHosts: AllowedHosts;
  /** All addresses of a name; the operating system's resolver unless a test has its own. */
  readonly lookUp?: (hostname: string) => Promise<readonly ResolvedAddress[]>;
  /** PEM of certificates to trust instead of the system's. */
  readonly certificates?: string;
}

/** Details name hosts and reasons only: they may be logged. */
export function createGuardedFetch(options: GuardedFetchOptions): GuardedFetch {
  return async (url, request) => {
    const deadline = AbortSignal.timeout(request.timeoutMs);
    const broken = new AbortController();
    const signals = [deadline, broken.signal, ...(request.signal ? [request.signal] : [])];
    const signal = AbortSignal.any(signals);
    const giveUp: GiveUp = (reason) => broken.abort(reason);
    try {
      // Whatever a server does to the connection, nobody waits beyond the deadline.
      return await unlessAborted(follow(url, request, options, signal, giveUp), signal);
    } catch (error) {
      if (deadline.aborted) {
        const detail = `"${url.host}" did not answer within ${request.timeoutMs} ms`;
        return { kind: "unreachable", reason: "timeout", detail };
      }
      request.signal?.throwIfAborted();
      if (error instanceof Refusal) return error.failure;
      const detail = `"${url.host}" can't be reached: ${describe(error)}`;
      return { kind: "unreachable", reason: "connection", detail };
    }
  };
}

/** Ends a fetch at once, whatever it is waiting for. */
type GiveUp = (reason: Error) => void;

/** Ends a fetch from inside of callbacks. */
class Refusal extends Error {
  constructor(readonly failure: GuardedFailure) {
    super(failure.detail);
  }
}

function refuse(
  reason: Extract<GuardedFailure, { kind: "refused" }>["reason"],
  detail: string,
): never {
  throw new Refusal({ kind: "refused", reason, detail });
}

async function follow(
  start: URL,
  request: GuardedRequest,
  options: GuardedFetchOptions,
  signal: AbortSignal,
  giveUp: GiveUp,
): Promise<GuardedAnswer> {
  let url = start;
  let headers = request.headers ?? {};
  for (let redirects = 0;; redirects++) {
    const address = await checkedAddress(url, options, signal);
    const reply = await send(url, address, { ...request, headers }, options, signal, giveUp);
    const target = redirectTarget(url, reply);
    if (target === undefined) return await readAnswer(url, reply, request);
    reply.destroy();
    if (redirects >= (request.redirectsMax ?? 0) || (request.method ?? "GET") !== "GET") {
      refuse("redirect", `"${url.host}" redirects to "${target.host}"`);
    }
    // What was meant for one origin is not for another.
    if (target.origin !== url.origin) headers = {};
    url = target;
  }
}

/** The one address that is connected to. */
async function checkedAddress(
  url: URL,
  { allowedHosts, lookUp = systemLookUp }: GuardedFetchOptions,
  signal: AbortSignal,
): Promise<ResolvedAddress> {
  const isAllowed = isAllowedHost(url, allowedHosts);
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isAllowed)) {
    refuse("scheme", `"${url.host}" must be reached by https`);
  }
  const literal = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const family = isIP(literal);
  const addresses = family === 0
    ? await unlessAborted(resolve(url.hostname, lookUp), signal)
    : [{ address: literal, family }];
  const [first] = addresses;
  if (first === undefined) throw noAddress(url.hostname);
  // One private address among public ones is no accident either.
  const isPublic = addresses.every(({ address }) => isPublicAddress(address));
  if (!isAllowed && !isPublic) {
    refuse("address", `"${url.host}" has an address on a private network`);
  }
  return first;
}

async function resolve(
  hostname: string,
  lookUp: NonNullable<GuardedFetchOptions["lookUp"]>,
): Promise<readonly ResolvedAddress[]> {
  try {
    return await lookUp(hostname);
  } catch {
    throw noAddress(hostname);
  }
}

function noAddress(hostname: string): Refusal {
  const detail = `"${hostname}" is not a known name`;
  return new Refusal({ kind: "unreachable", reason: "name", detail });
}

async function systemLookUp(hostname: string): Promise<ResolvedAddress[]> {
  return await lookUpName(hostname, { all: true });
}

function send(
  url: URL,
  { address, family }: ResolvedAddress,
  { method = "GET", headers = {}, body, bytesMax }: GuardedRequest,
  { certificates }: GuardedFetchOptions,
  signal: AbortSignal,
  giveUp: GiveUp,
): Promise<IncomingMessage> {
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  const outgoing = request({
    method,
    protocol: url.protocol,
    hostname: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    port: url.port,
    path: `${url.pathname}${url.search}`,
    headers: {
      // Anything else would have to be bounded a second time while it is unpacked.
      "accept-encoding": "identity",
      "user-agent": "Codex",
      ...headers,
      ...(body !== undefined &&
        { "content-length": String(new TextEncoder().encode(body).length) }),
    },
    agent: false,
    lookup: (_hostname, { all }, done) =>
      all ? done(null, [{ address, family }]) : done(null, address, family),
    ...(certificates !== undefined && { ca: certificates }),
  });
  const leave = () => void outgoing.destroy(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  boundReceived(outgoing, bytesMax, () => giveUp(tooLarge(url, bytesMax)));
  outgoing.on("upgrade", (_reply, socket) => {
    // It is nobody's but the listener's now: an error of it would end the process.
    socket.on("error", () => {});
    giveUp(new Error("The server changes the protocol"));
    socket.destroy();
  });
  outgoing.on("response", (reply: IncomingMessage) => {
    reply.on("close", () => signal.removeEventListener("abort", leave));
    resolve(reply);
  });
  outgoing.on("error", (error) => {
    signal.removeEventListener("abort", leave);
    reject(error);
  });
  outgoing.end(body);
  return promise;
}

/**
 * Ends a request whose server sends without end where no body is: information, parts of chunks and
 * trailers that the parser takes in silence, at the cost of everybody else's time and memory.
 */
function boundReceived(outgoing: ClientRequest, bytesMax: number, giveUp: () => void): void {
  let received = 0;
  outgoing.on("socket", (socket) => {
    socket.on("data", (chunk: Uint8Array) => {
      received += chunk.length;
      if (received > 2 * bytesMax + FRAMING_BYTES_MAX) giveUp();
    });
  });
  let informed = 0;
  outgoing.on("information", () => {
    if (++informed > INFORMATION_MAX) giveUp();
  });
}

const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

function redirectTarget(url: URL, { statusCode = 0, headers }: IncomingMessage): URL | undefined {
  if (!REDIRECTS.has(statusCode)) return undefined;
  const target = URL.parse(headers.location ?? "", url);
  return target ?? refuse("redirect", `"${url.host}" redirects to nowhere`);
}

async function readAnswer(
  url: URL,
  reply: IncomingMessage,
  { bytesMax, mediaTypes }: GuardedRequest,
): Promise<GuardedAnswer> {
  try {
    const mediaType = mediaTypeOf(reply.headers["content-type"]);
    if (mediaTypes !== undefined && !mediaTypes.some((it) => matches(mediaType, it))) {
      refuse("media_type", `"${url.host}" sent "${mediaType}"`);
    }
    if (Number(reply.headers["content-length"] ?? 0) > bytesMax) throw tooLarge(url, bytesMax);
    const body = await readBody(url, reply, bytesMax);
    return {
      kind: "answered",
      status: reply.statusCode ?? 0,
      mediaType,
      headers: flatten(reply.headers),
      body,
    };
  } finally {
    reply.destroy();
  }
}

async function readBody(url: URL, reply: IncomingMessage, bytesMax: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of reply as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > bytesMax) throw tooLarge(url, bytesMax);
    chunks.push(chunk);
  }
  if (!reply.complete) throw new Error("The answer broke off");
  const body = new Uint8Array(length);
  for (let at = 0, next = 0; next < chunks.length; at += chunks[next++]!.length) {
    body.set(chunks[next]!, at);
  }
  return body;
}

function tooLarge(url: URL, bytesMax: number): Refusal {
  const detail = `"${url.host}" sent more than ${bytesMax} bytes`;
  return new Refusal({ kind: "refused", reason: "size", detail });
}

function mediaTypeOf(contentType: string | undefined): string {
  return contentType?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

function matches(mediaType: string, wanted: string): boolean {
  return wanted.endsWith("/*") ? mediaType.startsWith(wanted.slice(0, -1)) : mediaType === wanted;
}

function flatten(headers: IncomingMessage["headers"]): Record<string, string> {
  const entries = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, Array.isArray(value) ? value.join(", ") : value] as const]
  );
  return Object.fromEntries(entries);
}

async function unlessAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
): Promise<Result> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const leave = () => aborted.reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([work, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}

/** The system's word for what failed; its message may hold more than a log should. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return "unknown";
  const code: unknown = Reflect.get(error, "code");
  return typeof code === "string" ? code : error.name;
}
