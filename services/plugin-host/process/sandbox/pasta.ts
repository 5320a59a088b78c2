/**
 * A network namespace that reaches other machines but not this machine's loopback, by `pasta` (Debian: passt). Single
 * loopback ports are forwarded where the administrator granted them by number.
 */
import { isDeniedAddress, isLoopback, splitEntry } from "../network_flags.ts";
import type { LaunchTarget } from "../launch_plan.ts";
import type { OwnNetwork, Sandbox } from "./sandbox.ts";

/** The network of its own that a plugin gets with these grants; undefined if it shares the machine's. */
export function ownNetworkOf(
  { ownNetwork }: Pick<Sandbox, "ownNetwork">,
  granted: readonly string[],
  runtime: LaunchTarget["runtime"],
): OwnNetwork | undefined {
  // pasta gives the namespace this machine's own address, which then can't be reached from it. Deno keeps a plugin to
  // what was granted in any network.
  const mayBeThisMachine = runtime === "deno" && granted.map(splitEntry)
    .some(({ host }) => isDeniedAddress(host) && !isLoopback(host));
  return mayBeThisMachine ? undefined : ownNetwork;
}

/** The command line of pasta, to be followed by what runs in the namespace. */
export function pastaArguments(pastaPath: string, granted: readonly string[]): string[] {
  const ports = loopbackPorts(granted);
  return [
    ...[pastaPath, "--config-net", "--foreground", "--quiet"],
    // Without this the gateway's address would lead to this machine's loopback.
    "--no-map-gw",
    ...["--tcp-ports", "none", "--udp-ports", "none", "--udp-ns", "none"],
    ...["--tcp-ns", ports.length === 0 ? "none" : ports.join(",")],
    "--",
  ];
}

function loopbackPorts(granted: readonly string[]): number[] {
  const ports = granted.filter((entry) => entry !== "*").map(splitEntry)
    .filter(({ host }) => isLoopback(host)).map(({ port }) => port);
  return [...new Set(ports)];
}
