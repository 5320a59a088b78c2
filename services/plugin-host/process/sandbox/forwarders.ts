/**
 * The forwarders of one plugin: programs in its network namespace that pass on to the egress
 * broker's sockets.
 */
import { isIP } from "node:net";
import type { Forward } from "../../network/forwarding.ts";
import type { OuterStep } from "./outer_script.ts";

export interface ForwarderTools {
  readonly socatPath: string;
  readonly ipPath: string;
}

export interface SocketForward extends Forward {
  readonly socketPath: string;
}

/**
 * Gives the loopback the granted addresses, and starts a forwarder for each host. They take longer
 * to start than bubblewrap, so they do so beside it, and {@linkcode forwarderWait} waits for them.
 * Without the pipes of the plugin (3 and 4), whose end would go unnoticed.
 *
 * Of arguments: the programs, the lines for `ip -batch`, a count, and so often socat's two
 * addresses.
 */
const START = `
ip=$1 socat=$2 batch=$3 left=$4
shift 4
if [ -n "$batch" ]; then printf '%s\\n' "$batch" | "$ip" -batch - 3<&- 4>&- || exit 1; fi
while [ "$left" -gt 0 ]; do
  "$socat" -b 65536 -t 600 "$1" "$2" </dev/null >/dev/null 2>&1 3<&- 4>&- &
  shift 2
  left=$((left - 1))
done
`;

/**
 * Waits in the sandbox until all forwarders listen: the plugin behind may connect at once. By what
 * dash does itself, as each program that it starts would cost as much as what is waited for.
 *
 * Of arguments: the listening addresses as /proc/net/tcp and tcp6 write them.
 */
const WAIT = `
ipv4=$1 ipv6=$2 round=0
shift 2
listens() {
  while read -r _ local _ state _; do
    if [ "$state" = 0A ] && [ "$local" = "$2" ]; then return 0; fi
  done <"$1"
  return 1
}
await() {
  until listens "$1" "$2"; do
    round=$((round + 1))
    if [ "$round" -gt 3000 ]; then echo "A forwarder to a granted host did not start" >&2; exit 1; fi
    sleep 0.002
  done
}
for address in $ipv4; do await /proc/net/tcp "$address"; done
for address in $ipv6; do await /proc/net/tcp6 "$address"; done
`;

/**
 * Connections that one forwarder passes at once; the broker's limit over all of them is no higher.
 */
const CONNECTIONS_MAX = 64;

export function forwarderStep(
  { socatPath, ipPath }: ForwarderTools,
  forwards: readonly SocketForward[],
  addresses: readonly string[],
): OuterStep {
  // Whoever made the namespace has brought its loopback up.
  const batch = addresses.map(addressLine).join("\n");
  const pairs = forwards.flatMap((forward) => [listening(forward), connecting(forward)]);
  return { script: START, args: [ipPath, socatPath, batch, String(forwards.length), ...pairs] };
}

/** Runs behind bubblewrap, before the plugin. */
export function forwarderWait(forwards: readonly Forward[]): OuterStep {
  const listening = (family: 4 | 6) =>
    forwards.filter(({ at }) => isIP(at) === family)
      .map(({ at, to }) => tableAddress(at, to.port)).join(" ");
  return { script: WAIT, args: [listening(4), listening(6)] };
}

function addressLine(address: string): string {
  return isIP(address) === 6
    ? `addr add ${address}/128 dev lo nodad`
    : `addr add ${address}/32 dev lo`;
}

function listening({ at, to }: SocketForward): string {
  const address = isIP(at) === 6
    ? `TCP6-LISTEN:${to.port},bind=[${at}]`
    : `TCP4-LISTEN:${to.port},bind=${at}`;
  return `${address},reuseaddr,fork,backlog=64,max-children=${CONNECTIONS_MAX}`;
}

function connecting({ socketPath }: SocketForward): string {
  return `UNIX-CONNECT:${socketPath}`;
}

/**
 * An address and port as /proc/net/tcp has them: the words of the address in the machine's own
 * order (proc_net_tcp(5)).
 */
export function tableAddress(address: string, port: number): string {
  const words = new Uint32Array(new Uint8Array(addressBytes(address)).buffer);
  const hex = (number: number, digits: number) =>
    number.toString(16).toUpperCase().padStart(digits, "0");
  return `${[...words].map((word) => hex(word, 8)).join("")}:${hex(port, 4)}`;
}

function addressBytes(address: string): number[] {
  if (isIP(address) === 4) return address.split(".").map(Number);
  const [head = "", tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split("::");
  const groups = (text: string) => text === "" ? [] : text.split(":").map((it) => parseInt(it, 16));
  const [before, after] = [groups(head), groups(tail ?? "")];
  const zeros = new Array<number>(8 - before.length - after.length).fill(0);
  return [...before, ...zeros, ...after].flatMap((group) => [group >> 8, group & 255]);
}
