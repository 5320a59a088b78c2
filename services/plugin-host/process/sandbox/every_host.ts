/**
 * The grant of every public host: a network namespace that reaches other machines by `pasta`
 * (Debian: passt), where every address that isn't public is unreachable, and so are this machine's
 * own.
 */
import {
  GLOBAL_IPV6,
  PRIVATE_IPV4,
  PRIVATE_IPV6,
  type Range,
} from "@codex/service/private-address";
import { isIP } from "node:net";
import type { OuterStep } from "./outer_script.ts";

export interface EveryHost {
  readonly pastaPath: string;
  /** Undefined where it is not installed. */
  readonly setprivPath: string | undefined;
  /** A resolv.conf that names {@linkcode NAME_SERVER}. */
  readonly resolvConf: string;
  /** This machine's addresses now. */
  readonly ownAddresses: () => readonly string[];
}

/**
 * Inside, the name server has this address and no port but DNS's: the real one may be somebody's
 * router.
 */
export const NAME_SERVER = "169.254.53.53";

/**
 * The command line of pasta, to be followed by what runs in the namespace. It dies with the host.
 */
export function pastaCommand({ pastaPath, setprivPath }: EveryHost): string[] {
  return [
    ...(setprivPath === undefined ? [] : [setprivPath, "--pdeathsig", "KILL", "--"]),
    ...[pastaPath, "--config-net", "--foreground", "--quiet"],
    // Without this the gateway's address would lead to this machine's loopback.
    "--no-map-gw",
    ...["--tcp-ports", "none", "--udp-ports", "none", "--tcp-ns", "none", "--udp-ns", "none"],
    ...["--dns-forward", NAME_SERVER],
    "--",
  ];
}

/** By number, as there may be no /etc/protocols. */
const [TCP, UDP] = [6, 17];

/** Of arguments: the program `ip`, and lines for `ip -batch` of either family. */
const SCRIPT = `
printf '%s\\n' "$2" | "$1" -4 -batch - || exit 1
if [ -e /proc/net/if_inet6 ]; then
  printf '%s\\n' "$3" | "$1" -6 -batch - || exit 1
fi
shift 3
`;

/** IPv4's is among the private ranges. */
const MULTICAST_IPV6: Range = ["ff00::", 8];

/**
 * Closes all that isn't public. By rules, which come before the routes that pasta copied and after
 * the namespace's own addresses: a granted private address is one of those, and is forwarded.
 *
 * The kernel asks no rule for a socket that is bound to a device, for a packet that names one, nor
 * for multicast: it takes such an IPv4 address for a neighbour's (`ip_route_output_key_hash_rcu`),
 * and pasta would pass it on [tried]. So policies of IPsec, which it asks for every packet but
 * those to the namespace itself, block the same addresses.
 */
export function closePrivateStep(ipPath: string, ownAddresses: readonly string[]): OuterStep {
  const own = (family: 4 | 6): Range[] =>
    [...new Set(ownAddresses)].filter((address) => isIP(address) === family)
      .map((address) => [address, family === 4 ? 32 : 128]);
  const closedIpv4 = [...own(4), ...PRIVATE_IPV4];
  const ipv4 = [
    ...[TCP, UDP].flatMap((protocol) => [
      `rule add to ${NAME_SERVER} ipproto ${protocol} dport 53 lookup main pref 10`,
      `xfrm policy add dst ${NAME_SERVER}/32 proto ${protocol} dport 53 dir out action allow priority 10`,
    ]),
    ...closedIpv4.flatMap((range) => [unreachable(range), blocked(range)]),
  ];
  const ipv6 = [
    ...[...own(6), ...PRIVATE_IPV6].map(unreachable),
    ...GLOBAL_IPV6.map((range) => `rule add to ${range.join("/")} lookup main pref 30`),
    "rule add to ::/0 unreachable pref 40",
    // Of UDP alone: the kernel itself finds neighbours by multicast.
    blocked(MULTICAST_IPV6, `proto ${UDP}`),
  ];
  return { script: SCRIPT, args: [ipPath, ipv4.join("\n"), ipv6.join("\n")] };
}

function unreachable(range: Range): string {
  return `rule add to ${range.join("/")} unreachable pref 20`;
}

function blocked(range: Range, protocol = ""): string {
  return `xfrm policy add dst ${range.join("/")} ${protocol} dir out action block priority 20`;
}
