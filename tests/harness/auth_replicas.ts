/**
 * Two replicas of auth behind a gateway, as real processes over one database: what only shows when
 * requests at the same time meet different processes. A plugin-host that runs nothing stands for the
 * real one.
 */
import type { PluginSummary, ServiceName } from "@codex/protocol";
import { createTestIdentities, type TestIdentities } from "@codex/service/testing";
import { freePorts } from "../../infra/ports.ts";
import { createTestDatabase } from "../../infra/test/database.ts";
import { PROJECT_ROOT } from "./platform.ts";

export interface AuthReplicas extends AsyncDisposable {
  /** The gateway's, which reaches one replica after the other. */
  readonly url: string;
  /** Of the replicas in turn, for a call as another service. */
  readonly authUrl: string;
  readonly identities: TestIdentities;
  readonly setupCode: string;
  /** Requests that each replica has answered. */
  readonly answered: readonly number[];
}

const READY_TIMEOUT_MS = 60_000;
const PEERS: readonly ServiceName[] = ["auth", "library", "plugin-host", "storage", "sync"];

export async function startAuthReplicas(
  plugin: PluginSummary,
  allowedHost: string,
): Promise<AuthReplicas> {
  await using parts = new AsyncDisposableStack();
  const database = parts.use(await createTestDatabase("auth"));
  const identities = await createTestIdentities();
  const folder = await Deno.makeTempDir({ prefix: "codex-replicas-" });
  parts.defer(() => Deno.remove(folder, { recursive: true }));
  const [gatewayPort, ...authPorts] = freePorts(3);
  const url = `http://127.0.0.1:${gatewayPort}`;
  const setupCode = crypto.randomUUID();

  const answered = authPorts.map(() => 0);
  const balancer = parts.use(serve(balance(authPorts, answered)));
  const pluginHost = parts.use(serve((request) => answerForPlugins(request, plugin)));
  const peerUrls = Object.fromEntries(
    PEERS.map((name) => [
      `CODEX_${name.toUpperCase().replaceAll("-", "_")}_URL`,
      (name === "auth" ? balancer : pluginHost).url,
    ]),
  );
  const start = async (service: ServiceName, env: Record<string, string>) => {
    const keyFile = `${folder}/${service}.json`;
    await Deno.writeTextFile(keyFile, JSON.stringify(identities.privateKeys[service]));
    const child = startService(service, folder, {
      ...peerUrls,
      ...env,
      CODEX_SERVICE_KEY_FILE: keyFile,
      CODEX_SERVICE_PUBLIC_KEYS: JSON.stringify(identities.publicKeys),
      CODEX_PUBLIC_URL: url,
      CODEX_LOG_LEVEL: "error",
    });
    parts.defer(async () => {
      child.kill("SIGKILL");
      await child.status;
    });
  };
  for (const port of authPorts) {
    await start("auth", {
      CODEX_AUTH_PORT: String(port),
      CODEX_AUTH_DATABASE_URL: database.urls.codex_auth,
      CODEX_ENCRYPTION_KEY: new Uint8Array(32).fill(7).toBase64(),
      CODEX_SETUP_CODE: setupCode,
      CODEX_ALLOWED_PRIVATE_HOSTS: allowedHost,
    });
  }
  await start("gateway", { CODEX_PORT: String(gatewayPort) });
  for (const port of [...authPorts, gatewayPort]) {
    await untilAnswers(`http://127.0.0.1:${port}/health/live`);
  }
  answered.fill(0);
  const running = parts.move();
  return {
    url,
    authUrl: balancer.url,
    identities,
    setupCode,
    answered,
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

function startService(
  service: ServiceName,
  folder: string,
  env: Readonly<Record<string, string>>,
): Deno.ChildProcess {
  const read = ["./services", "./node_modules", "/usr/bin/ldd", folder].join(",");
  return new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-q", "--no-prompt", "--no-check", "--cached-only", `-P=${service}`],
      `--allow-read=${read}`,
      `services/${service}/main.ts`,
    ],
    cwd: PROJECT_ROOT,
    clearEnv: true,
    env: { HOME: Deno.env.get("HOME") ?? "/", PATH: "/usr/bin:/bin", NO_COLOR: "1", ...env },
    stdin: "null",
    stdout: "null",
  }).spawn();
}

type Handler = (request: Request) => Response | Promise<Response>;

function serve(handler: Handler): AsyncDisposable & { readonly url: string } {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, handler);
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

/** Hands each request to the next replica. */
function balance(ports: readonly number[], answered: number[]): Handler {
  let turn = 0;
  return async (request) => {
    const index = turn++ % ports.length;
    const { pathname, search } = new URL(request.url);
    const { method, headers } = request;
    const body = method === "GET" ? null : await request.arrayBuffer();
    const target = `http://127.0.0.1:${ports[index]}${pathname}${search}`;
    const reply = await fetch(target, { method, headers, body });
    answered[index]!++;
    return new Response(reply.body, { status: reply.status, headers: reply.headers });
  };
}

function answerForPlugins(request: Request, plugin: PluginSummary): Response {
  const { pathname } = new URL(request.url);
  if (pathname === "/internal/plugins") return Response.json({ plugins: [plugin] });
  if (pathname === `/internal/plugins/${plugin.id}`) return Response.json(plugin);
  if (pathname === `/internal/plugins/${plugin.id}/call`) {
    return Response.json({ ok: false, error: { code: -32601, message: "Unknown method" } });
  }
  return Response.json({}, { status: 404 });
}

/** Until anything is answered there; rejects as the last try did once its time is up. */
export async function untilAnswers(url: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  for (;;) {
    try {
      await (await fetch(url)).body?.cancel();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
