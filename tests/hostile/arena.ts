/** The one platform on which all hostile plugins of a file run, with who watches over it. */
import assert from "node:assert/strict";
import { type PluginId, PluginList, PluginTestAnswer, ReloadAnswer } from "@codex/protocol";
import { type Platform, startPlatform } from "../harness/platform.ts";
import { setUpAdmin } from "../harness/scenario.ts";
import { BYSTANDER, Bystander } from "./bystander.ts";
import { addPerson, Connections, type Person } from "./connections.ts";
import { isGrantable } from "./network_tools.ts";
import { MemoryWatch, pidOfService } from "./process_watch.ts";
import { installRogue } from "./rogue/installation.ts";
import { chooseServicePorts, Targets } from "./targets.ts";
import { TlsServers } from "./tls_servers.ts";
import type { TrialPlan } from "./trial.ts";

/** What the host's resident memory may grow by while many plugins misbehave. */
const GROWTH_MIB_MAX = 256;
/** The same where large messages are let through: V8 collects what they leave when it pleases. */
const HEAVY_GROWTH_MIB_MAX = 640;

export interface ArenaOptions {
  /** `off`: levels 1 and 2; `require`: level 3 for all. */
  readonly sandbox: "off" | "require";
  readonly plans: readonly TrialPlan[];
}

interface ArenaParts {
  readonly platform: Platform;
  readonly targets: Targets;
  readonly tls: TlsServers | undefined;
  readonly connections: Connections;
  readonly people: readonly [Person, Person];
  readonly bystander: Bystander;
  readonly memory: MemoryWatch;
  readonly idleMib: number;
  readonly ids: ReadonlyMap<string, PluginId>;
}

export class Arena implements AsyncDisposable {
  readonly platform: Platform;
  readonly targets: Targets;
  readonly connections: Connections;
  readonly people: readonly [Person, Person];
  readonly bystander: Bystander;
  readonly #parts: ArenaParts;
  readonly #disposables: AsyncDisposableStack;

  private constructor(parts: ArenaParts, disposables: AsyncDisposableStack) {
    this.#parts = parts;
    this.platform = parts.platform;
    this.targets = parts.targets;
    this.connections = parts.connections;
    this.people = parts.people;
    this.bystander = parts.bystander;
    this.#disposables = disposables;
  }

  static async open(options: ArenaOptions): Promise<Arena> {
    await using disposables = new AsyncDisposableStack();
    const parts = await openParts(options, disposables);
    return new Arena(parts, disposables.move());
  }

  /** The process of plugin-host. */
  get hostPid(): number {
    return this.#parts.memory.pid;
  }

  /** The key that opens every stored secret. */
  get keyPath(): string {
    return this.targets.keyPath;
  }

  /** Of cases that need them. */
  get tls(): TlsServers {
    assert.ok(this.#parts.tls, "The case has to say that it needs TLS");
    return this.#parts.tls;
  }

  get bystanderFolders() {
    return this.targets.folders(this.idOf(BYSTANDER));
  }

  idOf(name: string): PluginId {
    const id = this.#parts.ids.get(name);
    assert.ok(id, `There is no plugin "${name}"`);
    return id;
  }

  /** Starts the well-behaved plugin once more, beside its process that is called. */
  async testBystander(): Promise<PluginTestAnswer> {
    const path = `/admin/plugins/${this.idOf(BYSTANDER)}/test`;
    return await this.platform.api.expect(PluginTestAnswer, "POST", path);
  }

  /** The host's memory stayed within what it may grow by. */
  async assertMemory(since: number, isHeavy: boolean): Promise<void> {
    const { memory, idleMib } = this.#parts;
    const peak = await memory.peakSince(since);
    assert.ok(
      peak <= idleMib + (isHeavy ? HEAVY_GROWTH_MIB_MAX : GROWTH_MIB_MAX),
      `plugin-host held ${Math.round(peak)} MiB, idle ${Math.round(idleMib)} MiB`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disposables.disposeAsync();
  }
}

async function openParts(
  { sandbox, plans }: ArenaOptions,
  disposables: AsyncDisposableStack,
): Promise<ArenaParts> {
  const ports = chooseServicePorts();
  const tls = plans.some((plan) => plan.hostileCase.needsTls && isGrantable(plan))
    ? disposables.use(await TlsServers.open())
    : undefined;
  const platform = disposables.use(
    await startPlatform({
      env: {
        CODEX_AUTH_PORT: String(ports.auth),
        CODEX_PLUGIN_HOST_PORT: String(ports.pluginHost),
        CODEX_STORAGE_PORT: String(ports.storage),
        CODEX_PLUGIN_SANDBOX: sandbox,
        // Trials fail often; that it turns a plugin off is plugin-host's own test.
        CODEX_PLUGIN_FAILURE_THRESHOLD: "1000",
        CODEX_PLUGIN_FAILURES_IN_WINDOW: "1000",
        // All trials have one address, and one of them makes hundreds of calls at once.
        CODEX_CONNECTIONS_MAX: "1000",
        CODEX_CONNECTIONS_PER_ADDRESS_MAX: "800",
        CODEX_LOG_LEVEL: "error",
        ...(tls && { CODEX_ALLOWED_PRIVATE_HOSTS: tls.names.join() }),
      },
    }),
  );
  await setUpAdmin(platform);
  const targets = disposables.use(await Targets.open(platform, ports));
  const ids = await installAll(targets, plans);
  const people = [await addPerson(platform, "one"), await addPerson(platform, "two")] as const;
  const connections = await Connections.open(platform, {
    auth: `http://127.0.0.1:${ports.auth}`,
    pluginHost: `http://127.0.0.1:${ports.pluginHost}`,
  });
  const bystander = disposables.use(await Bystander.start(platform));
  const memory = disposables.use(new MemoryWatch(await pidOfService(platform, "plugin-host")));
  const idleMib = await memory.peakSince(performance.now());
  return { platform, targets, tls, connections, people, bystander, memory, idleMib, ids };
}

async function installAll(
  { platform, keyPath }: Targets,
  plans: readonly TrialPlan[],
): Promise<ReadonlyMap<string, PluginId>> {
  for (const { name, runtime, hostileCase } of plans) {
    const { kind = "system", program, imports, files = [] } = hostileCase;
    await installRogue(platform.pluginsDir, {
      name,
      runtime,
      kind,
      program,
      files,
      ...(imports !== undefined && { imports: imports(keyPath) }),
    });
  }
  const { errors } = await platform.api.expect(ReloadAnswer, "POST", "/admin/plugins/reload");
  assert.deepEqual(errors, []);
  const { plugins } = await platform.api.expect(PluginList, "GET", "/admin/plugins");
  return new Map(plugins.map(({ name, id }) => [name, id]));
}
