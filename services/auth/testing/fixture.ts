/** auth over a real database, with a clock that stands still and fakes for the other services. */
import { createKeyring, type Keyring, secureRandomBytes } from "@codex/crypto";
import { createPasswordHasher } from "@codex/crypto/password";
import {
  type CallContext,
  type Manifest,
  type PluginCall,
  type PluginCallAnswer,
  type PluginId,
  type PluginSummary,
  type Role,
  type ServiceName,
  SESSION_ID_HEADER,
  SessionId,
  type Subject,
  UserId,
} from "@codex/protocol";
import { AllowedHostList, ProblemError, quietLogger } from "@codex/service";
import { connectDatabase } from "@codex/service/database";
import type { GuardedFetch } from "@codex/service/guarded-fetch";
import {
  createTestIdentities,
  ManualClock,
  testPluginSummary,
  testSubject,
} from "@codex/service/testing";
import { createTestDatabase } from "../../../infra/test/database.ts";
import { createApp } from "../app.ts";
import { schema } from "../db/database.ts";
import { insertSession } from "../db/session_queries.ts";
import { insertUser } from "../db/user_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { SESSION_LIFETIME_MS } from "../domain/session_lifetime.ts";
import { usernameKey } from "../domain/username.ts";
import { createDeviceTokens } from "../guesses/device_tokens.ts";
import { createThrottles } from "../guesses/throttle.ts";
import { createTickets } from "../tickets.ts";
import { createTokenRefresher } from "../token_refresher.ts";
import { checkKeys } from "../workflows/vault.ts";

export const SETUP_CODE = "setup-code-of-tests";
export const PASSWORD = "correct horse battery staple";
export const REDIRECT_URL = "http://codex.test/api/v1/user/plugins/oauth/callback";

const unreachable: GuardedFetch = (url) =>
  Promise.resolve({ kind: "unreachable", reason: "name", detail: `"${url.host}" is not known` });

export interface Call {
  readonly from?: ServiceName;
  readonly subject?: Subject;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

export interface FixtureOptions {
  /** The encryption key; null for none. */
  readonly keyring?: Keyring | null;
  readonly setupCode?: string | null;
  /** Nobody answers unless given. */
  readonly guardedFetch?: GuardedFetch;
  /** What plugins answer; an unknown method unless given. */
  readonly answerCall?: (call: PluginCall) => Promise<PluginCallAnswer> | PluginCallAnswer;
}

export async function createFixture(options: FixtureOptions = {}) {
  const database = await createTestDatabase("auth");
  const connection = connectDatabase(database.urls.codex_auth, schema, { connectionsMax: 10 });
  const clock = new ManualClock();
  const identities = await createTestIdentities(clock.now);
  const plugins = new Map<PluginId, PluginSummary>();
  const keyring = options.keyring === undefined ? testKeyring(1) : options.keyring;
  const delays: number[] = [];
  let purgesOwed = 0;
  let admin: Promise<Subject> | undefined;

  const base = {
    db: connection.db,
    logger: quietLogger(),
    now: clock.now,
    keyring,
    guardedFetch: options.guardedFetch ?? unreachable,
    pluginHost: {
      getPlugin(_context: CallContext, id: PluginId) {
        const plugin = plugins.get(id);
        if (plugin !== undefined) return Promise.resolve(plugin);
        return Promise.reject(new ProblemError("not_found", "There is no such plugin"));
      },
      async callPlugin(_context: CallContext, _id: PluginId, call: PluginCall) {
        const answer = await options.answerCall?.(call);
        return answer ?? { ok: false, error: { code: -32601, message: "Unknown method" } };
      },
    } satisfies AuthDeps["pluginHost"],
  };
  const deps: AuthDeps = {
    ...base,
    identity: await identities.of("auth"),
    random: secureRandomBytes,
    // The least that Argon2id takes: what it costs is tested where it is made.
    passwords: createPasswordHasher({ memoryKib: 8, iterations: 1, concurrency: 8 }),
    throttles: createThrottles(connection.sql),
    devices: await createDeviceTokens(identities.privateKeys.auth, clock.now),
    delay: (ms) => {
      delays.push(ms);
      return Promise.resolve();
    },
    tickets: await createTickets(identities.privateKeys.auth, clock.now),
    tokens: createTokenRefresher(base),
    redirectUrl: REDIRECT_URL,
    allowedHosts: AllowedHostList.parse("idp.lan:8443"),
    setupCode: options.setupCode === undefined ? SETUP_CODE : options.setupCode,
    checks: {},
    onPurgesOwed: () => purgesOwed++,
  };
  if (keyring !== null) await checkKeys(deps, keyring);
  const app = createApp(deps);

  return {
    app,
    deps,
    clock,
    identities,
    database,
    sql: connection.sql,
    /** What callers were held up, in milliseconds; nobody really waits. */
    delays,
    /** How often the purge worker was nudged. */
    purgesOwed: () => purgesOwed,

    /** Calls as the gateway, unless another service is named. */
    async call(method: string, path: string, call: Call = {}): Promise<Response> {
      const headers = {
        ...await identities.headers(call.from ?? "gateway", "auth", call.subject),
        ...(call.body !== undefined && { "content-type": "application/json" }),
        ...call.headers,
      };
      const body = call.body === undefined ? {} : { body: JSON.stringify(call.body) };
      return await app.request(path, { method, headers, ...body });
    },

    /** A user with a row in the database, as the subject of calls. */
    async addUser(username: string, role: Role = "reader"): Promise<Subject> {
      const row = await insertUser(connection.db, {
        username,
        usernameKey: usernameKey(username),
        email: `${username}@example.org`,
        role,
        passwordHash: await deps.passwords.hash(PASSWORD),
        createdAt: new Date(clock.now()),
      });
      return testSubject(role, UserId.parse(row!.id));
    },

    /** The one administrator, made when first asked for. */
    async admin(): Promise<Subject> {
      admin ??= this.addUser("administrator", "admin");
      return await admin;
    },

    /** A session of the user that has just begun. */
    async addSession(subject: Subject): Promise<SessionId> {
      const now = new Date(clock.now());
      const row = await insertSession(connection.db, {
        userId: subject.userId,
        tokenHash: secureRandomBytes(32),
        createdAt: now,
        authenticatedAt: now,
        lastUsedAt: now,
        expiresAt: new Date(now.getTime() + SESSION_LIFETIME_MS),
        userAgent: null,
      });
      return SessionId.parse(row.id);
    },

    /** What a call in a new session of the user has. */
    async inSession(subject: Subject): Promise<Pick<Call, "headers" | "subject">> {
      return { subject, headers: { [SESSION_ID_HEADER]: await this.addSession(subject) } };
    },

    /** A user plugin that plugin-host knows; the same id changes one. */
    addPlugin(change: Partial<PluginSummary> = {}, manifest: Partial<Manifest> = {}): PluginId {
      const plugin = testPlugin(change, manifest);
      plugins.set(plugin.id, plugin);
      return plugin.id;
    },

    async [Symbol.asyncDispose](): Promise<void> {
      await connection.close();
      await database[Symbol.asyncDispose]();
    },
  };
}

export type Fixture = Awaited<ReturnType<typeof createFixture>>;

export function testKeyring(fill: number, previous: readonly number[] = []): Keyring {
  const key = (value: number) => new Uint8Array(32).fill(value);
  return createKeyring({ current: key(fill), previous: previous.map(key) });
}

/** The JSON body of a reply, after its status was checked. */
export async function json(reply: Response, status = 200): Promise<Record<string, unknown>> {
  const text = await reply.text();
  if (reply.status !== status) throw new Error(`Status ${reply.status}, not ${status}: ${text}`);
  return JSON.parse(text);
}

/** The code of a problem, after its status and content type were checked. */
export async function problemCode(reply: Response, status: number): Promise<unknown> {
  const body = await json(reply, status);
  if (reply.headers.get("content-type") !== "application/problem+json") {
    throw new Error(`Content type "${reply.headers.get("content-type")}"`);
  }
  return body["code"];
}

function testPlugin(change: Partial<PluginSummary>, manifest: Partial<Manifest>): PluginSummary {
  const { name = "sync-echo" } = change;
  return testPluginSummary({ name, displayName: name, ...change }, manifest);
}
