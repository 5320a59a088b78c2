/** Every operation that another service owns, passed on to it. */
import { type Context, Hono } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import { type AuthService, type Operation, SessionAnswer, type UserId } from "@codex/protocol";
import { OPERATIONS } from "@codex/protocol/operations";
import { callContext, type Logger, ProblemError, requestIdOf } from "@codex/service";
import { createAuditor } from "../auditor.ts";
import { type ClientSource, createClientSource } from "../client_source.ts";
import type { DeviceCookie } from "../device_cookie.ts";
import { EventStreams } from "../connections/event_streams.ts";
import { connectionOf } from "../connections/request_connection.ts";
import { checkAccess } from "../domain/access.ts";
import { pathFiller, rawQueryOf, routePath } from "../domain/operation_path.ts";
import type { Forward, ForwardAnswer } from "../forwarder.ts";
import type { GatewayEnv } from "../gateway_env.ts";
import { CLIENT_LEFT, type Guard, presentedCredential } from "../guard.ts";
import type { Principals } from "../principals.ts";
import { endWhenRefused } from "../long_answer.ts";
import type { SessionCookie } from "../session_cookie.ts";

export interface ForwardedRouteOptions {
  readonly guard: Guard;
  readonly forward: Forward;
  readonly principals: Principals;
  readonly cookie: SessionCookie;
  readonly devices: DeviceCookie;
  readonly trustedProxies: number;
  /** Streams of events of all users together. */
  readonly eventStreamsMax: number;
  readonly auth: Pick<AuthService, "appendAudit">;
  readonly logger: Logger;
}

/** Their answer begins a session, which a browser keeps in the cookie. */
const SIGN_INS: ReadonlySet<string> = new Set(["login", "initializeSetup"]);

export function forwardedRoutes(options: ForwardedRouteOptions): Hono<GatewayEnv> {
  const app = new Hono<GatewayEnv>();
  const sourceOf = createClientSource(options.trustedProxies, options.logger);
  const eventStreams = new EventStreams(options.eventStreamsMax);
  for (const operation of OPERATIONS) {
    if (operation.owner === "gateway") continue;
    app.on(
      operation.method.toUpperCase(),
      routePath(operation.path),
      options.guard(operation),
      forwardHandler(operation, options, sourceOf, eventStreams),
    );
  }
  return app;
}

function forwardHandler(
  operation: Operation,
  options: ForwardedRouteOptions,
  sourceOf: ClientSource,
  eventStreams: EventStreams,
) {
  const fillPath = pathFiller(operation.path);
  const audit = createAuditor(operation, options);
  const isSignIn = SIGN_INS.has(operation.id);
  const changesWhoMayDoWhat = operation.owner === "auth" && operation.method !== "get";

  async function handle(c: Context<GatewayEnv>, onEnd: () => void): Promise<Response> {
    const path = fillPath((name) => c.req.param(name));
    if (path === undefined) throw new ProblemError("not_found", "There is nothing with this id");
    const answer = await options.forward({
      operation,
      path: path + rawQueryOf(c.req.url),
      taskId: operation.ownerByTask && c.req.param("id"),
      request: c.req.raw,
      body: c.get("body"),
      connection: connectionOf(c),
      requestId: requestIdOf(c),
      client: sourceOf(c),
      deviceTokens: isSignIn ? options.devices.read(c) : undefined,
      principal: c.get("principal"),
    });
    if (answer === null) {
      onEnd();
      return new Response(null, { status: CLIENT_LEFT });
    }
    await audit?.(callContext(c), c.req.param("id"), answer);
    if (changesWhoMayDoWhat) forgetPresented(c, options);
    if (operation.id === "logout" && answer.status < 300) options.cookie.clear(c);
    if (isSignIn && answer.status < 300) return await signedIn(c, answer, options);
    const userId = c.get("principal")?.subject.userId;
    if (userId !== undefined) keepDevice(c, answer, userId, options.devices);
    const body = whileAllowed(c, operation, answer.body, options, onEnd);
    if (!(body instanceof ReadableStream)) onEnd();
    return send(c, answer, body);
  }

  if (!operation.events) return (c: Context<GatewayEnv>) => handle(c, () => {});
  return async (c: Context<GatewayEnv>): Promise<Response> => {
    const end = eventStreams.open(c.get("principal")?.subject.userId ?? "");
    try {
      return await handle(c, end);
    } catch (error) {
      end();
      throw error;
    }
  };
}

/** An answer that goes on ends soon after its asker may not have it any more. */
function whileAllowed(
  c: Context<GatewayEnv>,
  operation: Operation,
  body: ForwardAnswer["body"],
  { cookie, principals }: ForwardedRouteOptions,
  onEnd: () => void,
): ForwardAnswer["body"] {
  if (!(body instanceof ReadableStream) || operation.access === "public") return body;
  const credential = presentedCredential(c, cookie);
  if (credential.kind === "none") return body;
  const requestId = requestIdOf(c);
  const isAllowed = async () => {
    const principal = await principals.resolve(requestId, credential.token);
    return checkAccess(operation, principal ?? undefined).ok;
  };
  return endWhenRefused(body, { isAllowed, onEnd });
}

/** What is remembered of the request's own token may have just changed: its session, its freshness. */
function forgetPresented(
  c: Context<GatewayEnv>,
  { principals, cookie }: Pick<ForwardedRouteOptions, "principals" | "cookie">,
): void {
  const credential = presentedCredential(c, cookie);
  if (credential.kind !== "none") principals.forget(credential.token);
}

async function signedIn(
  c: Context<GatewayEnv>,
  answer: ForwardAnswer,
  { cookie, devices }: Pick<ForwardedRouteOptions, "cookie" | "devices">,
): Promise<Response> {
  const reply = new Response(answer.body);
  const session = SessionAnswer.safeParse(await reply.clone().json().catch(() => undefined));
  // Without the cause: what doesn't parse may hold a token, and causes are logged.
  if (!session.success) throw new ProblemError("service_failed", 'Service "auth" failed');
  const { accessToken, expiresIn, user } = session.data;
  cookie.set(c, accessToken, expiresIn);
  keepDevice(c, answer, user.id, devices);
  return send(c, answer, await reply.text());
}

function keepDevice(
  c: Context<GatewayEnv>,
  { deviceToken }: ForwardAnswer,
  userId: UserId,
  devices: DeviceCookie,
): void {
  if (deviceToken !== undefined) devices.set(c, userId, deviceToken);
}

function send(
  c: Context<GatewayEnv>,
  answer: ForwardAnswer,
  body: ForwardAnswer["body"] | string,
): Response {
  return c.newResponse(body, answer.status as ContentfulStatusCode, answer.headers);
}
