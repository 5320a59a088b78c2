/**
 * The network of one sandboxed process (security.md "Network at level 3"): none, the granted hosts
 * by forwarders and the egress broker, or every public host by pasta. Never this machine's own.
 */
import { join } from "node:path";
import type { NetworkEvents, OpenRoute } from "../../network/egress_broker.ts";
import { planForwarding } from "../../network/forwarding.ts";
import type { LaunchRequest } from "../launch_plan.ts";
import { closePrivateStep, type EveryHost, pastaCommand } from "./every_host.ts";
import { forwarderStep, forwarderWait } from "./forwarders.ts";
import type { HostNetwork } from "./network_support.ts";
import type { OuterStep } from "./outer_script.ts";
import type { Sandbox } from "./sandbox.ts";
import { networkMounts, readOnly } from "./system_mounts.ts";

export interface ProcessNetwork {
  /** The command line around the namespaces in which `steps` run before bubblewrap. */
  readonly outer: readonly string[];
  readonly steps: readonly OuterStep[];
  /** What runs in the sandbox, before the plugin. */
  readonly innerSteps: readonly OuterStep[];
  /** Arguments of bubblewrap. */
  readonly options: readonly string[];
  readonly mounts: readonly string[];
  /** Whether something before bubblewrap keeps the plugin's pipes open, however they are passed. */
  readonly holdsPipes: boolean;
  readonly notes: readonly string[];
  /** Call once the process was reaped. */
  close(): Promise<void>;
}

const UNHEARD: NetworkEvents = { onTraffic: () => {}, onRefusal: () => {} };

const NONE: ProcessNetwork = {
  outer: [],
  steps: [],
  innerSteps: [],
  options: ["--unshare-net"],
  mounts: [],
  holdsPipes: false,
  notes: [],
  close: () => Promise.resolve(),
};

/**
 * bubblewrap once more, around the namespace in which the forwarders run: it brings the loopback
 * up, ends with the host, and ends the forwarders with the plugin, which are in its process
 * namespace and out of the plugin's.
 */
const OUTER = ["--unshare-pid", "--die-with-parent", "--cap-add", "ALL"]
  // Process numbers there are of the namespace: bubblewrap looks its own child up.
  .concat(["--dev-bind", "/", "/", "--proc", "/proc"]);
const OWN_NETWORK = ["--unshare-user", "--uid", "0", "--gid", "0", "--unshare-net"];

/** @throws {Error} if what was granted can't be given here */
export async function openNetwork(
  request: LaunchRequest,
  sandbox: Sandbox,
): Promise<ProcessNetwork> {
  const { network: granted } = request;
  if (granted.length === 0) return NONE;
  const { hosts, everyHost } = sandbox.network;
  if (!hosts.available) throw new Error(hosts.reason);
  if (!granted.includes("*")) return await openHosts(request, sandbox, hosts, undefined);
  if (!everyHost.available) throw new Error(everyHost.reason);
  return await openHosts(request, sandbox, hosts, everyHost);
}

async function openHosts(
  request: LaunchRequest,
  sandbox: Sandbox,
  hosts: HostNetwork,
  everyHost: EveryHost | undefined,
): Promise<ProcessNetwork> {
  const { forwards, addresses, hostsFile, notes } = planForwarding(
    request.network,
    hosts.allowedHosts,
  );
  if (forwards.length === 0) return networkOf(sandbox, hosts, everyHost, { notes });
  const route = await hosts.routes.open({
    plugin: request.plugin ?? "",
    hosts: forwards.map(({ to }) => to),
    user: request.user,
    events: request.networkEvents ?? UNHEARD,
  });
  try {
    const sockets = forwards.map((forward, place) => ({
      ...forward,
      socketPath: route.sockets[place] ?? "",
    }));
    return networkOf(sandbox, hosts, everyHost, {
      forwarders: forwarderStep(hosts, sockets, addresses),
      wait: forwarderWait(forwards),
      names: await writeHosts(route, hostsFile),
      close: route.close,
      notes,
    });
  } catch (error) {
    await route.close();
    throw error;
  }
}

interface Parts {
  readonly forwarders?: OuterStep;
  readonly wait?: OuterStep;
  /** The `/etc/hosts` of the process. */
  readonly names?: string;
  readonly close?: () => Promise<void>;
  readonly notes: readonly string[];
}

function networkOf(
  { bwrapPath }: Sandbox,
  hosts: HostNetwork,
  everyHost: EveryHost | undefined,
  { forwarders, wait, names = hosts.localhostOnly, close = NONE.close, notes }: Parts,
): ProcessNetwork {
  const isEvery = everyHost !== undefined;
  return {
    outer: [
      ...(isEvery ? pastaCommand(everyHost) : []),
      ...[bwrapPath, ...(isEvery ? [] : OWN_NETWORK), ...OUTER, "--"],
    ],
    steps: [
      ...(isEvery ? [closePrivateStep(hosts.ipPath, everyHost.ownAddresses())] : []),
      ...(forwarders === undefined ? [] : [forwarders]),
    ],
    innerSteps: wait === undefined ? [] : [wait],
    options: [],
    mounts: [
      ...networkMounts(isEvery ? hosts.everyName : hosts.hostsOnly, names),
      ...(isEvery ? readOnly("/etc/resolv.conf", everyHost.resolvConf) : []),
    ],
    holdsPipes: isEvery,
    notes,
    close,
  };
}

/** Beside the sockets, in a folder that goes with the process. */
async function writeHosts({ folder }: OpenRoute, text: string): Promise<string> {
  const path = join(folder, "hosts");
  await Deno.writeTextFile(path, text);
  await Deno.chmod(path, 0o644);
  return path;
}
