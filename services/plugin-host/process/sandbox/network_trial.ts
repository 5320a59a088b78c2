/**
 * Finds out, by trying, which network grants can be given on this machine, and what to install for
 * the others.
 */
import { join } from "node:path";
import type { AllowedHosts } from "@codex/service/allowed-hosts";
import type { OpenRoute, RouteRequest, Routes } from "../../network/egress_broker.ts";
import { EVERY_HOST, type NetworkNeed } from "../../domain/network_access.ts";
import type { EveryHost } from "./every_host.ts";
import { NAME_SERVER } from "./every_host.ts";
import { type HostNetwork, lacking, type NetworkSupport, type Support } from "./network_support.ts";
import type { Sandbox } from "./sandbox.ts";
import { writeReadable } from "./system_mounts.ts";
import { explain, run, type TrialOptions, withTrial } from "./trial.ts";

export interface NetworkTrialOptions extends TrialOptions {
  readonly routes: Routes;
  readonly allowedHosts: AllowedHosts;
}

/** What a granted host needs: the program, and Debian's package of it. */
const PROGRAMS = { socat: "socat", ip: "iproute2" } as const;

export async function findNetwork(
  sandbox: Sandbox,
  options: NetworkTrialOptions,
): Promise<NetworkSupport> {
  const hosts = await findHosts(sandbox, options);
  if (!hosts.available) return { hosts, everyHost: lacking(hosts.reason) };
  return { hosts, everyHost: await findEveryHost(sandbox, hosts, options) };
}

async function findHosts(
  sandbox: Sandbox,
  options: NetworkTrialOptions,
): Promise<Support<HostNetwork>> {
  const { findProgram, folder, routes, allowedHosts } = options;
  const found: Partial<Record<keyof typeof PROGRAMS, string>> = {};
  for (const [name, debianPackage] of Object.entries(PROGRAMS)) {
    const path = await findProgram(name);
    if (path === undefined) {
      return lacking(`${name} is not installed (on Debian: apt-get install ${debianPackage})`);
    }
    found[name as keyof typeof PROGRAMS] = path;
  }
  const write = (name: string, text: string) => writeReadable(folder, name, text);
  const hosts = {
    available: true,
    socatPath: found.socat ?? "",
    ipPath: found.ip ?? "",
    routes,
    allowedHosts,
    hostsOnly: await write("nsswitch-hosts", "passwd: files\ngroup: files\nhosts: files\n"),
    everyName: await write("nsswitch-every", "passwd: files\ngroup: files\nhosts: files dns\n"),
    localhostOnly: await write("localhost", "127.0.0.1 localhost\n::1 localhost\n"),
  } as const;
  const everyHost = lacking("it is not what is tried");
  const fault = await tryForwarding(sandbox, { hosts, everyHost }, [], options);
  return fault === undefined ? hosts : lacking(`hosts can't be forwarded to here: ${fault}`);
}

async function findEveryHost(
  sandbox: Sandbox,
  hosts: Support<HostNetwork> & { readonly available: true },
  options: NetworkTrialOptions,
): Promise<Support<EveryHost>> {
  const pastaPath = await options.findProgram("pasta");
  if (pastaPath === undefined) {
    return lacking("pasta is not installed (on Debian: apt-get install passt)");
  }
  if (!await hasNameServer()) {
    return lacking(
      "/etc/resolv.conf names no name server with an IPv4 address but on this machine's loopback",
    );
  }
  const everyHost = {
    available: true,
    pastaPath,
    setprivPath: await options.findProgram("setpriv"),
    resolvConf: await writeReadable(
      options.folder,
      "resolv.conf",
      `nameserver ${NAME_SERVER}\noptions timeout:2 attempts:2\n`,
    ),
    ownAddresses: () => Deno.networkInterfaces().map(({ address }) => address),
  } as const;
  const fault = await tryForwarding(sandbox, { hosts, everyHost }, ["*"], options);
  return fault === undefined ? everyHost : lacking(`pasta does not work here: ${fault}`);
}

/** Why what worked at the start doesn't any more; undefined if it does, or never did. */
export async function tryNetwork(
  sandbox: Sandbox,
  need: NetworkNeed,
  options: NetworkTrialOptions,
): Promise<string | undefined> {
  const { network } = sandbox;
  const isEvery = need === "every-host";
  if (!(isEvery ? network.everyHost : network.hosts).available) return undefined;
  return await tryForwarding(sandbox, network, isEvery ? [EVERY_HOST] : [], options);
}

/** A name that no name server knows (RFC 6761 section 6.4). */
const NAME = "trial.invalid";
const WORD = "forwarded";

/**
 * Undefined if a program in a sandbox reaches a granted name and a granted address at a low port,
 * and neither a port of this machine nor an address of its network.
 */
async function tryForwarding(
  sandbox: Sandbox,
  network: NetworkSupport,
  granted: readonly string[],
  options: NetworkTrialOptions,
): Promise<string | undefined> {
  const { hosts } = network;
  if (!hosts.available) return hosts.reason;
  using closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using routes = new TrialRoutes(hosts.socatPath);
  const allowedHosts = new Set([`${NAME}:80`]);
  const tried = {
    ...sandbox,
    network: { ...network, hosts: { ...hosts, routes, allowedHosts } },
  };
  const outcome = await withTrial(tried, options, async (plan) => {
    const [dash, ...args] = trialProgram(sandbox.dashPath, hosts.socatPath, closed.addr.port);
    return await run(await plan(dash, args, [...granted, `${NAME}:80`, "10.9.8.7:80"]));
  }).catch((error) => ({ success: false, text: String(error) }));
  // pasta may complain that there is no syslog, and works all the same.
  const isRight = outcome.success && outcome.text.startsWith(`${WORD}${WORD}`);
  return isRight ? undefined : explain(outcome.text);
}

function trialProgram(
  dashPath: string,
  socatPath: string,
  closedPort: number,
): [string, ...string[]] {
  const script = `
"$1" -u TCP4:${NAME}:80 - && "$1" -u TCP4:10.9.8.7:80 - || exit 1
for closed in 127.0.0.1:${closedPort} 10.9.8.7:${closedPort} 10.9.8.6:80 192.168.0.1:80; do
  if "$1" -u "TCP4:$closed,connect-timeout=1" /dev/null 2>/dev/null; then echo "$closed is open"; exit 1; fi
done
while read -r device _; do
  case $device in lo:) continue ;; *:) ;; *) continue ;; esac
  if "$1" -u /dev/null "UDP4:10.9.8.6:80,bindtodevice=\${device%:}" 2>/dev/null; then
    echo "10.9.8.6 is open by \${device%:}: policies of IPsec (ip xfrm) have no effect"
    exit 1
  fi
done </proc/net/dev`;
  return [dashPath, "-c", script, "sh", socatPath];
}

/** Routes that lead to a word, each by a server of its own. */
class TrialRoutes implements Routes, AsyncDisposable {
  readonly #socatPath: string;
  readonly #servers: Deno.ChildProcess[] = [];
  #folder: string | undefined;

  constructor(socatPath: string) {
    this.#socatPath = socatPath;
  }

  async open({ hosts }: RouteRequest): Promise<OpenRoute> {
    const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "codex-trial-" });
    this.#folder = folder;
    await Deno.chmod(folder, 0o711);
    const word = join(folder, "word");
    await Deno.writeTextFile(word, WORD);
    const sockets = hosts.map((_, place) => join(folder, `${place}.sock`));
    for (const path of sockets) {
      const server = new Deno.Command(this.#socatPath, {
        args: ["-U", `UNIX-LISTEN:${path},fork,mode=666`, `OPEN:${word},rdonly`],
        clearEnv: true,
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
      this.#servers.push(server);
    }
    for (const path of sockets) await untilThere(path);
    return { folder, sockets, close: () => Promise.resolve() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      try {
        server.kill("SIGKILL");
      } catch {
        // It ended by itself.
      }
      await server.status;
    }
    if (this.#folder !== undefined) await Deno.remove(this.#folder, { recursive: true });
  }
}

const LOOKS_MAX = 500;

/** @throws {Error} if a server doesn't come up */
async function untilThere(path: string): Promise<void> {
  for (let look = 0; look < LOOKS_MAX; look++) {
    if (await Deno.lstat(path).then(() => true, () => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("socat does not listen");
}

/**
 * Whether the first name server with an IPv4 address, which pasta asks, can be reached from another
 * network.
 */
async function hasNameServer(): Promise<boolean> {
  const text = await Deno.readTextFile("/etc/resolv.conf").catch(() => "");
  const [, server = "127."] = /^\s*nameserver\s+(\d+\.\d+\.\d+\.\d+)\s*$/m.exec(text) ?? [];
  return !server.startsWith("127.");
}
