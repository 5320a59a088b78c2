/** plugin-host as a whole for tests: real database, real processes, fake neighbours. */
import { join } from "node:path";
import {
  API_BASE,
  Plugin,
  type PluginId,
  PluginList,
  type ServiceName,
  type Subject,
  type TicketClaims,
} from "@codex/protocol";
import type { z } from "zod";
import { createTicketVerifier, quietLogger } from "@codex/service";
import type { AllowedHosts } from "@codex/service/allowed-hosts";
import { connectDatabase } from "@codex/service/database";
import { createTestIdentities, type TestIdentities, testSubject } from "@codex/service/testing";
import { createTicketSigner } from "@codex/service";
import { createTestDatabase } from "../../../infra/test/database.ts";
import { type App, createApp } from "../app.ts";
import { assemble, type Assembly } from "../assembly.ts";
import { listEnabledRevisions } from "../db/plugin_queries.ts";
import * as schema from "../db/schema.ts";
import type { FaultLimits } from "../domain/fault_limits.ts";
import { EgressBroker } from "../network/egress_broker.ts";
import type { SandboxMode } from "../process/sandbox_mode.ts";
import { hostChecks } from "../runtime/host_checks.ts";
import { FakeAuth, FakeStorage } from "./fake_peers.ts";
import { denoRuntime, detectTestSandbox, type Programs, TESTDATA } from "./test_host.ts";
import { waitUntil } from "./wait_until.ts";

export interface TestService {
  readonly app: App;
  readonly deps: Assembly;
  readonly auth: FakeAuth;
  readonly storage: FakeStorage;
  readonly identities: TestIdentities;
  /** Of built-in plugins, and of the administrator's. */
  readonly builtIn: string;
  readonly plugins: string;
  readonly dataRoot: string;
  /** The whole database as the superuser sees it. */
  readonly adminUrl: string;
  /** Copies the scripted plugin into the administrator's folder. */
  install(name: string, change?: ManifestChange, folder?: string): Promise<void>;
  /** Changes the manifest of an installed plugin. */
  changeManifest(name: string, change: ManifestChange): Promise<void>;
  /** A call of the public API, by the gateway for an administrator unless told otherwise. */
  request(method: string, path: string, body?: unknown, as?: Caller): Promise<Answer>;
  /** A plugin as the administrator sees it. */
  plugin(name: string): Promise<Plugin>;
  /** Tests and grants a plugin what it asks for, or what is given. */
  grant(name: string, network?: readonly string[]): Promise<Plugin>;
  /** Searches series with a query that says what the scripted plugin does. */
  search(id: PluginId, query: string): Promise<Answer>;
  /** Resolves when a plugin's processes of this replica have written this line so often. */
  logged(id: PluginId, line: string, times?: number): Promise<void>;
  ticket(
    ids:
      & Pick<TicketClaims, "connectionId" | "pluginId" | "userId">
      & Partial<Pick<TicketClaims, "revision">>,
  ): Promise<string>;
  /** Runs every background task once. */
  runTasks(): Promise<void>;
  /** Another plugin-host with the same database, folders and neighbours. */
  replica(): Promise<TestService>;
}

export interface Caller {
  readonly service?: ServiceName;
  readonly subject?: Subject | null;
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
  /** The body by its schema. */
  as<Schema extends z.ZodType>(schema: Schema): z.output<Schema>;
}

export type ManifestChange = Record<string, unknown>;

export interface TestServiceOptions {
  readonly sandboxMode?: SandboxMode;
  /** Level 3 as this machine gives it. */
  readonly hasSandbox?: boolean;
  readonly isSafeMode?: boolean;
  readonly processesMax?: number;
  readonly faultLimits?: FaultLimits;
  /** Names that may lead into the own network. */
  readonly allowedHosts?: AllowedHosts;
  readonly programs?: Programs;
}

export async function withService(
  body: (service: TestService) => Promise<void>,
  options: TestServiceOptions = {},
): Promise<void> {
  await using database = await createTestDatabase("plugin-host");
  const root = await Deno.realPath(await Deno.makeTempDir());
  const [builtIn, plugins, dataRoot] = ["built-in", "plugins", "data"].map((it) => join(root, it));
  for (const folder of [builtIn, plugins]) await Deno.mkdir(folder!);
  const connection = connectDatabase(database.urls.codex_plugin_host, schema);
  const shared: Shared = {
    folders: { builtIn: builtIn!, plugins: plugins!, dataRoot: dataRoot! },
    root,
    db: connection.db,
    adminUrl: database.adminUrl,
    identities: await createTestIdentities(),
    auth: new FakeAuth(),
    storage: new FakeStorage(),
    options,
    started: [],
    broker: new EgressBroker({ denoPath: Deno.execPath() }),
  };
  try {
    await body(await startService(shared));
  } finally {
    const ids = [...(await listEnabledRevisions(shared.db)).keys()];
    for (const { runtime } of shared.started) {
      await Promise.all(ids.map((id) => runtime.stop(id, "now")));
      await runtime.close();
    }
    await shared.broker.close();
    await connection.close();
    await Deno.remove(root, { recursive: true });
  }
}

/** What all replicas of one test have in common. */
interface Shared {
  readonly folders: Pick<TestService, "builtIn" | "plugins" | "dataRoot">;
  readonly root: string;
  readonly db: Assembly["db"];
  readonly adminUrl: string;
  readonly identities: TestIdentities;
  readonly auth: FakeAuth;
  readonly storage: FakeStorage;
  readonly options: TestServiceOptions;
  readonly started: Assembly[];
  readonly broker: EgressBroker;
}

async function startService(shared: Shared): Promise<TestService> {
  const { folders, auth, storage, identities, options } = shared;
  const pluginsFolders = [folders.builtIn, folders.plugins];
  const publicKey = identities.publicKeys.auth!;
  const sandbox = options.hasSandbox
    ? await detectTestSandbox(shared.root, {
      routes: shared.broker,
      ...(options.allowedHosts && { allowedHosts: options.allowedHosts }),
      ...(options.programs && { programs: options.programs }),
    })
    : { available: false, reason: "the test has none" } as const;
  const deps = assemble({
    db: shared.db,
    identity: await identities.of("plugin-host"),
    auth,
    storage,
    verifyTicket: await createTicketVerifier(publicKey, Date.now),
    logger: quietLogger(),
    checks: {},
    config: {
      sandboxMode: options.sandboxMode ?? "auto",
      isSafeMode: options.isSafeMode ?? false,
      processesMax: options.processesMax ?? 20,
      idleMs: 60_000,
      faultLimits: options.faultLimits ?? { inARow: 100, inWindow: 100, windowSeconds: 3600 },
      publicUrl: "https://codex.example",
    },
    installation: {
      pluginsFolders,
      commandPolicy: { allowedExtra: [], pluginsFolders, denoPath: Deno.execPath() },
      denoRuntime,
      dataRoot: folders.dataRoot,
      processFolder: join(shared.root, `run-${shared.started.length}`),
      setprivPath: "/usr/bin/setpriv",
      setsidPath: "/usr/bin/setsid",
      cgroups: { available: false, reason: "the test has none" },
      sandbox,
      broker: shared.broker,
      hostChecks: hostChecks({
        dataRoot: folders.dataRoot,
        denoPath: Deno.execPath(),
        sandbox,
      }),
      checkNetwork: sandbox.available ? sandbox.checkNetwork : undefined,
    },
    now: Date.now,
  });
  shared.started.push(deps);
  await deps.purges.follow();
  const app = createApp(deps);
  const sign = await createTicketSigner(identities.privateKeys.auth, Date.now);
  const request = requester(app, identities);
  const plugin = async (name: string) => {
    const { plugins } = (await request("GET", "/admin/plugins")).as(PluginList);
    return Plugin.parse(plugins.find((it) => it.name === name));
  };
  const manifestPath = (name: string) => join(folders.plugins, name, "manifest.json");
  return {
    ...folders,
    app,
    deps,
    auth,
    storage,
    identities,
    adminUrl: shared.adminUrl,
    request,
    plugin,
    async install(name, change = {}, folder = folders.plugins) {
      await installScripted(join(folder, name), { name, ...change });
    },
    async changeManifest(name, change) {
      const manifest = JSON.parse(await Deno.readTextFile(manifestPath(name)));
      await Deno.writeTextFile(manifestPath(name), JSON.stringify({ ...manifest, ...change }));
    },
    async grant(name, network) {
      const { id } = await plugin(name);
      await request("POST", `/admin/plugins/${id}/test`);
      const shown = await plugin(name);
      const { body, status } = await request("POST", `/admin/plugins/${id}/grant`, {
        permissions: shown.requestedPermissions,
        network: network ?? shown.requestedNetwork,
        acceptManifest: shown.manifestDigest,
      });
      if (status !== 200) throw new Error(`Grant answered ${status}: ${JSON.stringify(body)}`);
      return Plugin.parse(body);
    },
    search: (id, query) =>
      request("POST", `/plugins/${id}/execute`, {
        action: { metadata: { action: "search", contentType: "series", params: { query } } },
      }),
    async logged(id, line, times = 1) {
      const count = () => deps.runtime.logsOf(id).lines.filter(({ text }) => text === line).length;
      await waitUntil(() => count() >= times, `it logs "${line}"`);
    },
    ticket: async (ids) => (await sign(ids)).ticket,
    async runTasks() {
      for (const { run } of deps.tasks) await run();
    },
    replica: () => startService(shared),
  };
}

function requester(app: App, identities: TestIdentities): TestService["request"] {
  const admin = testSubject("admin");
  return async (method, path, body, caller = {}) => {
    const subject = caller.subject === null ? undefined : caller.subject ?? admin;
    const headers = new Headers(
      await identities.headers(caller.service ?? "gateway", "plugin-host", subject),
    );
    if (body !== undefined) headers.set("content-type", "application/json");
    const full = path.startsWith("/internal") ? path : API_BASE + path;
    const reply = await app.request(full, {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const json: unknown = await reply.json();
    const as = <Schema extends z.ZodType>(schema: Schema) => schema.parse(json);
    return { status: reply.status, headers: reply.headers, body: json, as };
  };
}

async function installScripted(folder: string, change: ManifestChange): Promise<void> {
  const source = join(TESTDATA, "deno", "scripted");
  const manifest = JSON.parse(await Deno.readTextFile(join(source, "manifest.json")));
  await Deno.mkdir(folder, { recursive: true });
  await Deno.copyFile(join(source, "main.ts"), join(folder, "main.ts"));
  await Deno.writeTextFile(
    join(folder, "manifest.json"),
    JSON.stringify({ ...manifest, ...change }),
  );
  await Deno.writeTextFile(
    join(folder, "codex-plugin.json"),
    JSON.stringify({ name: change.name, entry: "main.ts" }),
  );
}
