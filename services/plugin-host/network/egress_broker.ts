/**
 * plugin-host's side of the egress broker: starts it with the first route, starts it again if it
 * dies, and ends it with itself. Plugins' forwarders connect to its sockets, which lie in a folder
 * for each route that no sandbox shows.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describeError, type Logger } from "@codex/service";
import { lines } from "@codex/service/lines";
import type { SystemUser } from "../process/data_folder.ts";
import { BrokerReport, type RouteLimits, type TargetTraffic } from "./broker/messages.ts";

/** A granted host, as one process of a plugin is to reach it. */
export interface RouteHost {
  /** A name, or a literal address without brackets. */
  readonly host: string;
  readonly port: number;
  /** Whether a person named this very address, or allowed this name to lead anywhere. */
  readonly mayBePrivate: boolean;
}

/** What went to and from one host since it was last told. */
export type HostTraffic = Omit<TargetTraffic, "target">;

/** Told of a process's connections. Must not throw. */
export interface NetworkEvents {
  readonly onTraffic: (host: RouteHost, traffic: HostTraffic) => void;
  /** Told in words why a connection was refused. */
  readonly onRefusal: (reason: string) => void;
}

export interface RouteRequest {
  /** Whose limits count. */
  readonly plugin: string;
  readonly hosts: readonly RouteHost[];
  /** Whose forwarders connect; undefined for the host's own user. */
  readonly user: SystemUser | undefined;
  readonly events: NetworkEvents;
}

export interface OpenRoute {
  /** Of the route alone; what lies in it is out of every plugin's sight. */
  readonly folder: string;
  /** One for each host, in their order. */
  readonly sockets: readonly string[];
  /** Ends its connections and removes its folder. */
  close(): Promise<void>;
}

export interface Routes {
  /** @throws {Error} if there can be no route now */
  open(request: RouteRequest): Promise<OpenRoute>;
}

export interface EgressBrokerOptions {
  readonly denoPath: string;
  readonly logger?: Logger;
  readonly limits?: RouteLimits;
}

/** Far beyond what a well-behaved plugin needs, far below what would harm the machine. */
const LIMITS: RouteLimits = {
  connectionsMax: 64,
  bytesMax: 1024 * 1024 * 1024,
  windowMs: 3600 * 1000,
};

const ANSWER_MS_MAX = 10_000;
const RESTART_AFTER_MS = 200;
const END_MS_MAX = 2000;
/** Plugins run as other users there, who must pass the folder and not list it. */
const PASSABLE = 0o711;
const PRIVATE = 0o700;
const LINE_LENGTH_MAX = 1024 * 1024;

interface LiveRoute {
  readonly name: string;
  readonly request: RouteRequest;
  readonly sockets: readonly string[];
}

interface Answer {
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

interface Running {
  readonly child: Deno.ChildProcess;
  readonly writer: WritableStreamDefaultWriter<Uint8Array<ArrayBuffer>>;
  readonly ended: Promise<void>;
}

export class EgressBroker implements Routes {
  readonly #options: EgressBrokerOptions;
  readonly #routes = new Map<string, LiveRoute>();
  readonly #answers = new Map<number, Answer>();
  #folder: Promise<string> | undefined;
  #running: Promise<Running> | undefined;
  #isClosing = false;
  #restart: ReturnType<typeof setTimeout> | undefined;
  #nextId = 1;

  constructor(options: EgressBrokerOptions) {
    this.#options = options;
  }

  /** The broker's process; undefined while it doesn't run. */
  async pid(): Promise<number | undefined> {
    return (await this.#running?.catch(() => undefined))?.child.pid;
  }

  /** Names of the folders of all routes that are open. */
  async routeFolders(): Promise<string[]> {
    const folder = await this.#folder;
    if (folder === undefined) return [];
    return (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
  }

  async open(request: RouteRequest): Promise<OpenRoute> {
    if (this.#isClosing) throw new Error("The egress broker is stopping");
    this.#folder ??= makeFolder();
    const name = String(this.#nextId++);
    const folder = join(await this.#folder, name);
    await Deno.mkdir(folder, { mode: PRIVATE });
    if (request.user !== undefined) {
      await Deno.chown(folder, request.user.uid, request.user.gid);
    }
    const sockets = request.hosts.map((_, place) => join(folder, `${place}.sock`));
    const route = { name, request, sockets };
    this.#routes.set(name, route);
    const close = async () => {
      // A broker that died has nothing to close, and one that is closing closes all.
      if (this.#routes.has(name) && !this.#isClosing) {
        await this.#ask({ command: "close", route: name }).catch(() => {});
      }
      this.#routes.delete(name);
      await Deno.remove(folder, { recursive: true }).catch(() => {});
    };
    try {
      await this.#openAt(await this.#start(), route);
    } catch (error) {
      await close();
      throw error;
    }
    return { folder, sockets, close };
  }

  /** Ends the broker with every connection. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#restart);
    const running = await this.#running?.catch(() => undefined);
    if (running !== undefined) {
      await running.writer.close().catch(() => {});
      const timer = setTimeout(() => endQuietly(running.child), END_MS_MAX);
      await running.ended;
      clearTimeout(timer);
    }
    const folder = await this.#folder?.catch(() => undefined);
    if (folder !== undefined) await Deno.remove(folder, { recursive: true }).catch(() => {});
  }

  #start(): Promise<Running> {
    this.#running ??= this.#spawn().catch((error) => {
      this.#running = undefined;
      throw error;
    });
    return this.#running;
  }

  async #spawn(): Promise<Running> {
    const folder = await this.#folder!;
    const child = new Deno.Command(this.#options.denoPath, {
      args: brokerArguments(folder),
      clearEnv: true,
      env: { PATH: "/usr/bin:/bin", LANG: "C.UTF-8", NO_COLOR: "1" },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
      // Signals to plugin-host's group are not for it: it ends with its stdin, when all is written.
      detached: true,
    }).spawn();
    const ended = this.#follow(child);
    return { child, writer: child.stdin.getWriter(), ended };
  }

  /** Reads reports to the end. Never rejects. */
  async #follow(child: Deno.ChildProcess): Promise<void> {
    try {
      for await (const line of lines(child.stdout, LINE_LENGTH_MAX)) {
        this.#take(BrokerReport.parse(JSON.parse(line)));
      }
    } catch (error) {
      this.#options.logger?.error("The egress broker told nonsense", describeError(error));
      endQuietly(child);
    }
    const { code, signal } = await child.status;
    this.#running = undefined;
    const cause = new Error(`The egress broker ended (${signal ?? `exit code ${code}`})`);
    for (const { reject } of this.#answers.values()) reject(cause);
    this.#answers.clear();
    if (this.#isClosing) return;
    this.#options.logger?.error("{reason}, and is started again", { reason: cause.message });
    this.#restart = setTimeout(() => this.#openAgain(), RESTART_AFTER_MS);
  }

  /** Routes of live plugins come back with a new broker; their connections are lost. */
  async #openAgain(): Promise<void> {
    if (this.#routes.size === 0 || this.#isClosing) return;
    try {
      const running = await this.#start();
      for (const route of this.#routes.values()) {
        for (const path of route.sockets) await Deno.remove(path).catch(() => {});
        await this.#openAt(running, route);
      }
    } catch (error) {
      this.#options.logger?.error("Routes of plugins are closed", describeError(error));
    }
  }

  async #openAt(_running: Running, { name, request, sockets }: LiveRoute): Promise<void> {
    await this.#ask({
      command: "open",
      route: name,
      plugin: request.plugin,
      limits: this.#options.limits ?? LIMITS,
      targets: request.hosts.map(({ host, port, mayBePrivate }, place) => ({
        ...{ host, port, mayBePrivate },
        socketPath: sockets[place] ?? "",
      })),
    });
  }

  async #ask(command: object): Promise<void> {
    const running = await this.#running;
    if (running === undefined) throw new Error("The egress broker does not run");
    const id = this.#nextId++;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const timer = setTimeout(
      () => reject(new Error("The egress broker does not answer")),
      ANSWER_MS_MAX,
    );
    this.#answers.set(id, { resolve, reject });
    try {
      const line = `${JSON.stringify({ ...command, id })}\n`;
      await running.writer.write(new TextEncoder().encode(line));
      await promise;
    } finally {
      clearTimeout(timer);
      this.#answers.delete(id);
    }
  }

  #take(report: BrokerReport): void {
    if (report.report === "done") {
      const answer = this.#answers.get(report.id);
      if (report.error === undefined) answer?.resolve();
      else answer?.reject(new Error(report.error));
      return;
    }
    const request = this.#routes.get(report.route)?.request;
    if (request === undefined) return;
    if (report.report === "refused") return request.events.onRefusal(report.reason);
    for (const { target, ...traffic } of report.traffic) {
      const host = request.hosts[target];
      if (host !== undefined) request.events.onTraffic(host, traffic);
    }
  }
}

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

/**
 * The set `egress-broker` of deno.json has the network and nothing else; the sockets lie in
 * `folder`.
 */
function brokerArguments(folder: string): string[] {
  return [
    ...["run", "--quiet", "--no-prompt", "--cached-only", "--node-modules-dir=manual"],
    "--v8-flags=--max-semi-space-size=1,--max-old-space-size=256",
    ...[`--config=${pathOf("../../../deno.json")}`, "-P=egress-broker"],
    ...[`--allow-read=${folder}`, `--allow-write=${folder}`],
    pathOf("./broker/main.ts"),
    folder,
    ...(Deno.uid() === 0 ? ["--for-others"] : []),
  ];
}

/** In a place whose paths are short: the name of a socket takes 107 bytes at most. */
async function makeFolder(): Promise<string> {
  const folder = await Deno.makeTempDir({ dir: "/tmp", prefix: "codex-egress-" });
  await Deno.chmod(folder, PASSABLE);
  return folder;
}

function endQuietly(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended.
  }
}
