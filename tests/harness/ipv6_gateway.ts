/**
 * A gateway with clients at many addresses of IPv6, in a network namespace of its own: this machine
 * has but one there, and perhaps none. A test is each of these clients by a port of 127.0.0.1, from
 * which a socket in the file system leads into the namespace.
 */
import { isIPv6 } from "node:net";
import type { TestIdentities } from "@codex/service/testing";
import { SERVICE_NAMES } from "@codex/protocol";
import { freePorts } from "../../infra/ports.ts";
import { untilAnswers } from "./auth_replicas.ts";
import { killed, PROJECT_ROOT } from "./platform.ts";

export interface Ipv6GatewayOptions {
  readonly identities: TestIdentities;
  /** Of auth, on this machine. */
  readonly authUrl: string;
  /** Addresses that clients come from, which are the namespace's own. */
  readonly clients: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

export interface Ipv6Gateway extends AsyncDisposable {
  /** A connection that the gateway sees come from this client. */
  connect(client: string): Promise<Deno.TcpConn>;
  /** Sends a request from this client, on a connection of its own. */
  request(client: string, path: string, init?: RequestInit): Promise<Response>;
}

/** Programs that a test of it needs. */
export const IPV6_GATEWAY_TOOLS = ["bwrap", "ip", "socat"] as const;

/** Of the namespace, where nobody else is. */
const PORT = 8080;
const AUTH_PORT = 8081;

/**
 * Runs in the namespace. Of arguments: the folder of the sockets, lines for `ip -batch`, auth's
 * port, a count, so often the name of a socket and where it leads, and the gateway's command line.
 */
const SCRIPT = `
folder=$1 addresses=$2 auth=$3 left=$4
shift 4
printf '%s\\n' "$addresses" | ip -batch - || exit 1
socat -lf /dev/null "TCP4-LISTEN:$auth,bind=127.0.0.1,fork,reuseaddr" "UNIX-CONNECT:$folder/auth" &
while [ "$left" -gt 0 ]; do
  socat -lf /dev/null "UNIX-LISTEN:$folder/$1,fork" "$2" &
  shift 2
  left=$((left - 1))
done
exec "$@"
`;

/** Connections that end early are no news: where socat tells of them. */
const UNHEARD = ["-lf", "/dev/null"];

/** As root of the namespace, whose loopback bubblewrap brings up and which ends with it. */
const NAMESPACE = ["--unshare-user", "--uid", "0", "--gid", "0", "--unshare-net", "--unshare-pid"]
  .concat(["--die-with-parent", "--cap-add", "ALL", "--dev-bind", "/", "/", "--proc", "/proc"]);

/** Starts it and waits until it answers. It listens for IPv4 and IPv6 alike. */
export async function startIpv6Gateway(options: Ipv6GatewayOptions): Promise<Ipv6Gateway> {
  await using parts = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "codex-ipv6-" });
  parts.defer(() => Deno.remove(folder, { recursive: true }));
  const run = (command: string, args: readonly string[]) =>
    parts.use(start(command, args, environment(options)));
  run("bwrap", [...NAMESPACE, "--", "sh", "-c", SCRIPT, "sh", ...scriptArguments(folder, options)]);
  run("socat", [
    ...UNHEARD,
    `UNIX-LISTEN:${folder}/auth,fork`,
    `TCP4:${new URL(options.authUrl).host}`,
  ]);
  const ports = new Map<string, number>();
  const free = freePorts(options.clients.length);
  for (const client of options.clients) {
    const port = free.pop() ?? 0;
    ports.set(client, port);
    const listening = `TCP4-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr`;
    run("socat", [...UNHEARD, listening, `UNIX-CONNECT:${folder}/${socketName(client)}`]);
  }
  for (const port of ports.values()) await untilAnswers(`http://127.0.0.1:${port}/health/live`);
  const running = parts.move();
  return {
    connect: (client) => Deno.connect({ hostname: "127.0.0.1", port: ports.get(client) ?? 0 }),
    request: (client, path, init) => ask(`http://127.0.0.1:${ports.get(client)}${path}`, init),
    [Symbol.asyncDispose]: () => running[Symbol.asyncDispose](),
  };
}

async function ask(url: string, init: RequestInit = {}): Promise<Response> {
  using client = Deno.createHttpClient({ poolMaxIdlePerHost: 0 });
  const reply = await fetch(url, { ...init, client });
  // Whole, before its connection goes.
  return new Response(await reply.arrayBuffer(), reply);
}

function start(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): AsyncDisposable {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd: PROJECT_ROOT,
    clearEnv: true,
    env: { ...env },
    stdin: "null",
    stdout: "null",
  }).spawn();
  return { [Symbol.asyncDispose]: () => killed(child) };
}

function environment({ identities, env }: Ipv6GatewayOptions): Record<string, string> {
  const peers = SERVICE_NAMES.filter((name) => name !== "gateway");
  return {
    HOME: Deno.env.get("HOME") ?? "/",
    PATH: "/usr/sbin:/usr/bin:/sbin:/bin",
    CODEX_HOST: "::",
    CODEX_PORT: String(PORT),
    CODEX_SERVICE_KEY: JSON.stringify(identities.privateKeys.gateway),
    CODEX_SERVICE_PUBLIC_KEYS: JSON.stringify(identities.publicKeys),
    ...Object.fromEntries(peers.map((name) => [
      `CODEX_${name.toUpperCase().replaceAll("-", "_")}_URL`,
      `http://127.0.0.1:${AUTH_PORT}`,
    ])),
    ...env,
  };
}

function scriptArguments(folder: string, { clients }: Ipv6GatewayOptions): string[] {
  // The loopback has its own addresses already.
  const added = clients.filter((client) => isIPv6(client) && client !== "::1");
  return [
    folder,
    added.map((client) => `addr add ${client}/128 dev lo nodad`).join("\n"),
    String(AUTH_PORT),
    String(clients.length),
    ...clients.flatMap((client) => [socketName(client), destination(client)]),
    Deno.execPath(),
    ...["run", "-q", "--no-prompt", "--no-check", "--cached-only", "-P=gateway"],
    `--allow-net=127.0.0.1,[::]:${PORT}`,
    "services/gateway/main.ts",
  ];
}

/** What connects to an address of this machine comes from that address. */
function destination(client: string): string {
  return isIPv6(client) ? `TCP6:[${client}]:${PORT}` : `TCP4:${client}:${PORT},bind=${client}`;
}

function socketName(client: string): string {
  return `from-${client.replaceAll(":", "-")}`;
}
