/**
 * What a service may do: its permission set in deno.json, completed by what only this start knows.
 * A flag on the command line replaces the set's list of that kind, so each flag has the whole list.
 */
import { join, resolve } from "node:path";
import { z } from "zod";
import type { ServiceName } from "@codex/protocol";
import type { DatabaseRole } from "../migrate/services.ts";
import { PUBLIC_KEYS } from "../secrets/service_keys.ts";
import { services } from "./services.ts";
import { authority, type Deployment, listenHost, serviceUrl } from "./service_environment.ts";

const list = z.union([z.boolean(), z.array(z.string())]).default([]);
const permissionSet = z.looseObject({ read: list, write: list, net: list });

export type PermissionSets = Readonly<Record<string, z.infer<typeof permissionSet>>>;

/** The sets in a tree's deno.json. */
export async function readPermissionSets(tree: string): Promise<PermissionSets> {
  const text = await Deno.readTextFile(join(tree, "deno.json"));
  return z.object({ permissions: z.record(z.string(), permissionSet) })
    .parse(JSON.parse(text)).permissions;
}

export function permissionFlags(
  service: ServiceName,
  deployment: Deployment,
  sets: PermissionSets,
  databaseUrls: Readonly<Record<DatabaseRole, string>>,
): string[] {
  const { tree, config, store, ports } = deployment;
  const definition = services[service];
  const set = permissionSet.parse(sets[service] ?? {});

  const net = [
    authority(listenHost(service, config), ports[service]),
    ...definition.peers.map((peer) => new URL(serviceUrl(peer, deployment)).host),
    ...definition.roles.map((role) => databaseHost(databaseUrls[role])),
  ];
  const read = [store.path(service), store.path(PUBLIC_KEYS)];
  const write: string[] = [];
  const deny: string[] = [];
  if (definition.needsVaultKeys) {
    for (const path of [config.encryptionKeyFile, config.encryptionPreviousKeysFile]) {
      if (path !== undefined) read.push(path);
    }
  }
  if (definition.needsDataDir) {
    read.push(config.dataDir, Deno.execPath());
    if (config.settings.CODEX_PLUGINS_DIR !== undefined) {
      read.push(config.settings.CODEX_PLUGINS_DIR);
    }
    write.push(config.dataDir);
    const foreign = [...Object.keys(services), "database"].filter((name) => name !== service);
    deny.push(join(config.dataDir, "postgres"), ...foreign.map((name) => store.path(name)));
  }
  return [
    ...flag("--allow-net", net, set.net),
    ...flag("--allow-read", read, set.read, tree),
    ...flag("--allow-write", write, set.write, tree),
    ...flag("--deny-read", deny),
    ...flag("--deny-write", [...deny, ...(deny.length > 0 ? [store.folder] : [])]),
  ];
}

/** Nothing where the set allows all already, or nothing is to be added. */
function flag(
  name: string,
  own: readonly string[],
  set: boolean | readonly string[] = [],
  base?: string,
): string[] {
  if (set === true || own.length === 0) return [];
  const shared = set === false ? [] : set.map((entry) => base ? resolve(base, entry) : entry);
  return [`${name}=${[...new Set([...shared, ...own])].join(",")}`];
}

function databaseHost(url: string): string {
  const { hostname, port } = new URL(url);
  return authority(hostname, port || 5432);
}
