/**
 * `deno task dev` and `deno task start`: a database, six services, and an orderly end.
 *
 * Start: lock, secrets, database, migrations, all services at once. End: services first, each with
 * time to finish its requests, the database last.
 */
import type { ServiceName } from "@codex/protocol";
import {
  connectionsForFiles,
  filesForConnections,
  settings as gatewaySettings,
} from "../../services/gateway/settings.ts";
import { lockDataDir } from "../data_dir.ts";
import {
  accessNamedServer,
  accessOwnServer,
  type DatabaseAccess,
  migrateIfAdmin,
} from "../database/access.ts";
import { startOwnServer, usesOwnServer } from "../database/own_server.ts";
import { Failure, reasonOf } from "../failure.ts";
import { openFilesMax } from "../open_files.ts";
import { freePorts, isFree } from "../ports.ts";
import { openSecretStore, type SecretStore } from "../secrets/store.ts";
import { type DevConfig, loadDevConfig } from "./config.ts";
import type { Output } from "./output.ts";
import { keepServer } from "./server_keeper.ts";
import { ensureSecretFiles, writeDatabaseUrls, writeSetupCode } from "./secret_files.ts";
import { describeLaunch } from "./service_launch.ts";
import { type Deployment, listenHost, publicUrl, serviceUrl } from "./service_environment.ts";
import { ServiceKeeper } from "./service_keeper.ts";
import { readPermissionSets } from "./service_permissions.ts";
import { portVariable, serviceNames, stopOrder } from "./services.ts";
import { isSetupRequired } from "./setup_status.ts";
import { type Change, watchTree } from "./watcher.ts";

export interface SupervisorOptions {
  /** The working tree whose services run. */
  readonly tree: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Services start again when their code changes. */
  readonly isWatching: boolean;
  readonly output: Output;
  /** Aborted to end everything in order. */
  readonly stop: AbortSignal;
  /** Aborted to end everything at once. */
  readonly force: AbortSignal;
}

/**
 * Runs the platform until `stop` is aborted; nothing of it is left when this settles.
 *
 * @throws {Failure} when it can't start, or its database is lost
 */
export async function supervise(options: SupervisorOptions): Promise<void> {
  const { output, stop, force, tree } = options;
  const config = loadDevConfig(options.environment);
  await using parts = new AsyncDisposableStack();
  parts.use(await lockDataDir(config.dataDir));
  refusePortsInUse(config);
  await refuseTooManyConnections(config);
  const store = await openSecretStore(config.dataDir);
  const lost = Promise.withResolvers<never>();
  lost.promise.catch(() => {});

  await ensureSecretFiles(store, { ownEncryptionKey: config.encryptionKeyFile !== undefined });
  const setupCode = await writeSetupCode(store, config.setupCode);
  const permissions = await readPermissionSets(tree);
  const access = await openDatabase(config, store, options, parts, lost.reject);
  await writeDatabaseUrls(store, access.roleUrls);
  if (stop.aborted) return;
  await migrateIfAdmin(access, tree);
  if (stop.aborted) return;

  const deployment: Deployment = {
    ...{ tree, config, store, environment: options.environment },
    // Chosen last: the database, too, has taken a free one.
    ports: choosePorts(config),
  };
  const keepers = serviceNames.map((name) =>
    new ServiceKeeper({
      name,
      launch: describeLaunch(name, deployment, permissions, access.roleUrls),
      output,
      isWatched: options.isWatching,
    })
  );
  let stopping: Promise<void> | undefined;
  const stopAll = () => stopping ??= stopInOrder(keepers);
  parts.defer(stopAll);
  stop.addEventListener("abort", stopAll, { once: true });
  force.addEventListener("abort", () => keepers.forEach((keeper) => keeper.kill()), { once: true });

  await Promise.race([Promise.all(keepers.map((keeper) => keeper.start())), lost.promise]);
  if (stop.aborted) return;
  if (options.isWatching) {
    parts.use(watchTree(tree, (change) => void applyChange(change, keepers, access, options)));
  }
  output.say(`Codex is ready at ${publicUrl(deployment)}`);
  if (await isSetupRequired(serviceUrl("gateway", deployment), stop)) {
    output.say(`Setup code: ${setupCode}`);
  }
  await Promise.race([untilAborted(stop), lost.promise]);
}

async function stopInOrder(keepers: readonly ServiceKeeper[]): Promise<void> {
  for (const names of stopOrder) {
    const wave = keepers.filter((keeper) => names.includes(keeper.name));
    await Promise.all(wave.map((keeper) => keeper.stop()));
  }
}

function refusePortsInUse(config: DevConfig): void {
  for (const service of serviceNames) {
    const [host, port] = [listenHost(service, config), config.ports[service]];
    if (!port) continue;
    if (!isFree(host, port)) {
      if (!isFree(host, 0)) {
        throw new Failure(`CODEX_HOST: "${host}" is no address of this machine`);
      }
      const variable = portVariable(service);
      throw new Failure(`Can't listen on port ${port} of ${host}: choose another with ${variable}`);
    }
  }
}

/** Before an anonymous client finds out that the gateway can't have as many. */
async function refuseTooManyConnections({ settings }: DevConfig): Promise<void> {
  const connections = gatewaySettings.CODEX_CONNECTIONS_MAX.parse(settings.CODEX_CONNECTIONS_MAX);
  const most = connectionsForFiles(await openFilesMax());
  if (connections <= most) return;
  throw new Failure(
    `CODEX_CONNECTIONS_MAX is ${connections}, which takes ${filesForConnections(connections)} ` +
      `open files: raise the limit of open files (ulimit -Hn), or set at most ${most}`,
  );
}

/** The ports asked for, and free ones for the rest. */
function choosePorts(config: DevConfig): Record<ServiceName, number> {
  const free = freePorts(serviceNames.length, askedPorts(config));
  return Object.fromEntries(
    serviceNames.map((service, index) => [service, config.ports[service] || free[index]!]),
  ) as Record<ServiceName, number>;
}

function askedPorts({ ports }: DevConfig): ReadonlySet<number> {
  return new Set(serviceNames.map((service) => ports[service] ?? 0));
}

/** The database that the environment names, else our own server, stopped after all else. */
async function openDatabase(
  config: DevConfig,
  store: SecretStore,
  options: SupervisorOptions,
  parts: AsyncDisposableStack,
  onLost: (reason: Failure) => void,
): Promise<DatabaseAccess> {
  if (!usesOwnServer(config.database)) {
    return await accessNamedServer(config.database, () => Promise.resolve(store));
  }
  const { output, force } = options;
  const showsAll = config.logLevel === "debug";
  const start = () =>
    startOwnServer(config.dataDir, store, (line) => {
      if (showsAll || /^(WARNING|FATAL|PANIC):/.test(line)) {
        output.relay("postgres", line, "stderr");
      }
    }, askedPorts(config));
  const server = parts.use(await keepServer(start, output, onLost));
  force.addEventListener("abort", () => server.kill(), { once: true });
  return await accessOwnServer(server.adminUrl, store);
}

async function applyChange(
  change: Change,
  keepers: readonly ServiceKeeper[],
  access: DatabaseAccess,
  options: SupervisorOptions,
): Promise<void> {
  const { output, tree } = options;
  try {
    if (change.concernsDatabase) await migrateIfAdmin(access, tree);
  } catch (error) {
    output.complain(reasonOf(error));
    return;
  }
  const concerned = keepers.filter((keeper) => change.services.has(keeper.name));
  output.say(`Code changed: starting ${concerned.map((it) => it.name).join(", ")} again`);
  await Promise.all(concerned.map((keeper) => keeper.restart()));
}

function untilAborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) =>
    signal.addEventListener("abort", () => resolve(), { once: true })
  );
}
