/** The forwarders of one plugin: programs in its network namespace that pass on to the egress broker's sockets. */
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
 * Brings the loopback up with the granted addresses, starts a forwarder for each host, and waits until all of them listen:
 * the plugin behind may connect at once. Without the pipes of the plugin (3 and 4), whose end would go unnoticed.
 *
 * Of arguments: the programs, the lines for `ip -batch`, the addresses as /proc/net/tcp writes them, a count, and so often
 * socat's two addresses.
 */
const SCRIPT = `
ip=$1 socat=$2 batch=$3 wanted=$4 left=$5
shift 5
printf '%s\\n' "$batch" | "$ip" -batch - 3<&- 4>&- || exit 1
while [ "$left" -gt 0 ]; do
  "$socat" -b 65536 -t 600 "$1" "$2" </dev/null >/dev/null 2>&1 3<&- 4>&- &
  shift 2
  left=$((left - 1))
done
round=0
for address in $wanted; do
  until
    found=
    while read -r _ local _ state _; do
      if [ "$state" = 0A ] && [ "$local" = "$address" ]; then found=1; fi
    done <<EOT
$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
EOT
    [ -n "$found" ]
  do
    round=$((round + 1))
    if [ "$round" -gt 1000 ]; then echo "A forwarder to a granted host did not start" >&2; exit 1; fi
    sleep 0.01
  done
done
`;

/** Connections that one forwarder passes at once; the broker's limit over all of them is no higher. */
const CONNECTIONS_MAX = 64;

export function forwarderStep(
  { socatPath, ipPath }: ForwarderTools,
  forwards: readonly SocketForward[],
  addresses: readonly string[],
): OuterStep {
  const batch = ["link set lo up", ...addresses.map(addressLine)].join("\n");
  const wanted = forwards.map(({ at, to }) => tableAddress(at, to.port)).join(" ");
  const pairs = forwards.flatMap((forward) => [listening(forward), connecting(forward)]);
  return {
    script: SCRIPT,
    args: [ipPath, socatPath, batch, wanted, String(forwards.length), ...pairs],
  };
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

/** An address and port as /proc/net/tcp has them: the words of the address in the machine's own order (proc_net_tcp(5)). */
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
