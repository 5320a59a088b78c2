/** For tests: a starter over temporary folders, and requests for the plugins in `testdata/`. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { AllowedHosts } from "@codex/service/allowed-hosts";
import { findInPath } from "../../../infra/test/tools.ts";
import { findProgram } from "../installation.ts";
import type { Cgroups } from "../process/cgroups/cgroups.ts";
import type { RouteLimits } from "../network/broker/messages.ts";
import { EgressBroker, type Routes } from "../network/egress_broker.ts";
import type { DenoRuntime } from "../process/deno_runtime.ts";
import { plainLauncher } from "../process/launch_plan.ts";
import type { PluginProcess } from "../process/plugin_process.ts";
import { ProcessRecords, startTimesByPs } from "../process/process_records.ts";
import { sandboxLauncher } from "../process/sandbox/bubblewrap.ts";
import {
  type Detection,
  type DetectionOptions,
  detectSandbox,
} from "../process/sandbox/detection.ts";
import type { Sandbox } from "../process/sandbox/sandbox.ts";
import { Starter, type StartRequest } from "../process/starter.ts";
import { type Clock, systemClock } from "../rpc/clock.ts";
import { waitUntil } from "./wait_until.ts";

const pathOf = (relative: string) => fileURLToPath(new URL(relative, import.meta.url));

export const TESTDATA = pathOf("../testdata");

export const denoRuntime: DenoRuntime = {
  denoPath: Deno.execPath(),
  bootstrap: pathOf("../process/runtime/bootstrap.mjs"),
  importMap: pathOf("../process/runtime/import_map.json"),
  sdkFolder: pathOf("../../../plugins/sdk"),
};

export interface TestHost {
  readonly root: string;
  readonly starter: Starter;
  readonly records: ProcessRecords;
  /** Lines that the plugins wrote to stderr. */
  readonly log: string[];
  readonly faults: string[];
  /** Resolves when a plugin has written this line to stderr. */
  logged(line: string): Promise<void>;
  /** A request for the scripted Node plugin, with variables that change its ways. */
  node(environment?: Record<string, string>): StartRequest;
  /** A request for a Deno plugin in `testdata/deno/<name>/main.ts`, or in a folder given in full. */
  deno(name: string, network?: readonly string[]): StartRequest;
  /** On a clock of its own, where a test turns that by hand. */
  start(request: StartRequest, clock?: Clock): Promise<PluginProcess>;
}

export interface SandboxedHost extends TestHost {
  readonly sandbox: Sandbox;
  readonly broker: EgressBroker;
  /** Something that listens on the machine's loopback. */
  readonly listener: { readonly port: number };
  /** The same request at level 3. */
  sandboxed(request: StartRequest): StartRequest;
}

export interface SandboxOptions {
  /** Names that may lead into the own network. */
  readonly allowedHosts?: AllowedHosts;
  /** Of the connections and bytes of each plugin. */
  readonly limits?: RouteLimits;
  readonly cgroups?: Cgroups;
}

/** The same with what isolation level 3 needs, which this machine must have. */
export async function withSandboxedHost(
  body: (host: SandboxedHost) => Promise<void>,
  { allowedHosts, limits, cgroups }: SandboxOptions = {},
): Promise<void> {
  const broker = new EgressBroker({ denoPath: Deno.execPath(), ...(limits && { limits }) });
  try {
    await withTestHost(async (host) => {
      const { sandbox } = await detectTestSandbox(host.root, {
        routes: broker,
        ...(allowedHosts && { allowedHosts }),
      });
      const sandboxed = (request: StartRequest) => ({
        ...request,
        launcher: sandboxLauncher(request.launcher, sandbox),
      });
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      await body({ ...host, sandbox, broker, sandboxed, listener: { port: listener.addr.port } });
    }, cgroups);
  } finally {
    await broker.close();
  }
}

/** Paths by name, in the place of this machine's own programs; undefined where one is missing. */
export type Programs = Readonly<Record<string, string | undefined>>;

export interface TestSandboxOptions {
  readonly programs?: Programs;
  readonly routes?: Routes;
  readonly allowedHosts?: AllowedHosts;
}

const NO_ROUTES: Routes = { open: () => Promise.reject(new Error("The test has no broker")) };

/** What level 3 needs, kept below `root`. */
export async function detectTestSandbox(
  root: string,
  options: TestSandboxOptions = {},
): Promise<Detection & { readonly available: true }> {
  // The sandbox's user has to pass it.
  await Deno.chmod(root, 0o711);
  const detection = await detectSandbox(detectionOptions(root, join(root, "sandbox"), options));
  if (!detection.available) throw new Error(detection.reason);
  return detection;
}

/** Options that keep everything below `root`, and what sandboxes need in `folder`. */
export function detectionOptions(
  root: string,
  folder: string,
  { programs = {}, routes = NO_ROUTES, allowedHosts = new Set() }: TestSandboxOptions,
): DetectionOptions {
  return {
    findProgram: (name) => name in programs ? Promise.resolve(programs[name]) : findProgram(name),
    denoRuntime,
    folder,
    users: Deno.uid() === 0
      ? { range: { first: 2_100_000_000, last: 2_100_065_535 }, folder: join(root, "users") }
      : undefined,
    hidden: join(root, ".codex"),
    shown: [],
    routes,
    allowedHosts,
  };
}

/** Runs `body` and ends whatever it left running. */
export async function withTestHost(
  body: (host: TestHost) => Promise<void>,
  cgroups?: Cgroups,
): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir());
  const records = new ProcessRecords(join(root, "run"), startTimesByPs, Deno.pid);
  const starterOn = (clock: Clock) =>
    new Starter({
      dataRoot: join(root, "data"),
      records,
      setprivPath: "/usr/bin/setpriv",
      setsidPath: "/usr/bin/setsid",
      cgroups,
      clock,
    });
  const starter = starterOn(systemClock);
  const started: PluginProcess[] = [];
  const log: string[] = [];
  const faults: string[] = [];
  const common = {
    workingDirectory: null,
    dataPath: ["plugin", "system"],
    initializeParams: { adminConfig: {}, userConfig: {}, config: {}, credentials: {} },
    // No test waits for it, and a busy machine may take long.
    timeoutMs: 60_000,
    memoryBytesMax: 256 * 1024 * 1024,
    onRequest: (method: string) => Promise.resolve({ served: method }),
    onFault: (kind: string) => {
      faults.push(kind);
    },
    onLogLine: (text: string) => {
      log.push(text);
    },
  };
  const host: TestHost = {
    root,
    starter,
    records,
    log,
    faults,
    logged: (line) => waitUntil(() => log.includes(line), `it logs "${line}"`),
    node: (environment = {}) => ({
      ...common,
      launcher: plainLauncher(1, denoRuntime),
      target: { runtime: "other", path: findNode(), args: [join(TESTDATA, "node", "plugin.mjs")] },
      pluginFolder: join(TESTDATA, "node"),
      environment,
      network: [],
    }),
    deno(name, network = []) {
      const folder = join(TESTDATA, "deno", name);
      return {
        ...common,
        launcher: plainLauncher(2, denoRuntime),
        target: { runtime: "deno", entry: join(folder, "main.ts"), folder, args: [] },
        pluginFolder: folder,
        environment: {},
        network,
      };
    },
    async start(request, clock) {
      const on = clock === undefined ? starter : starterOn(clock);
      const process = await on.start(request, new AbortController().signal);
      started.push(process);
      return process;
    },
  };
  try {
    await body(host);
  } finally {
    await Promise.all(started.map((process) => process.kill("The test ended")));
    await starter.close();
    await Deno.remove(root, { recursive: true });
  }
}

function findNode(): string {
  const path = findInPath("node");
  if (path === undefined) throw new Error('Program "node" is not in PATH');
  return path;
}
