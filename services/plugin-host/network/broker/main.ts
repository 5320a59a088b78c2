/**
 * Starts the egress broker: a process of plugin-host's making that has the network and nothing else
 * (architecture.md: "Beside the services"). It ends with its stdin, and so with plugin-host, and
 * removes the folder of its sockets, its first argument.
 */
import { lookup } from "node:dns/promises";
import { lines } from "@codex/service/lines";
import { Broker } from "./broker.ts";
import { BrokerCommand, type BrokerReport } from "./messages.ts";

const REPORT_EVERY_MS = 500;
/**
 * With 128 KiB for what is on its way, 128 MiB; far from every limit of descriptors but the lowest.
 */
const CONNECTIONS_MAX = 1024;
/** A hundred hosts of the longest names, twice over. */
const COMMAND_LENGTH_MAX = 1024 * 1024;

const [folder = ""] = Deno.args;
/** Whether sockets are for everyone who can pass their folder: where plugins run as other users. */
const isForOthers = Deno.args.includes("--for-others");
const EVERYONE = 0o666;

const encoder = new TextEncoder();

function tell(report: BrokerReport): void {
  Deno.stdout.writeSync(encoder.encode(`${JSON.stringify(report)}\n`));
}

const broker = new Broker({
  lookUp: async (name) => (await lookup(name, { all: true })).map(({ address }) => address),
  ownAddresses: () => Deno.networkInterfaces().map(({ address }) => address),
  connect: (hostname, port, signal) => Deno.connect({ hostname, port, signal }),
  elapsed: () => performance.now(),
  connectionsMax: CONNECTIONS_MAX,
  onReport: tell,
  listen: async (path) => {
    const listener = Deno.listen({ transport: "unix", path });
    if (isForOthers) await Deno.chmod(path, EVERYONE);
    return listener;
  },
});
setInterval(() => broker.reportTraffic(), REPORT_EVERY_MS);

async function obey(command: BrokerCommand): Promise<void> {
  if (command.command === "open") await broker.open(command);
  else broker.close(command.route);
}

for await (const line of lines(Deno.stdin.readable, COMMAND_LENGTH_MAX)) {
  const command = BrokerCommand.parse(JSON.parse(line));
  const { id } = command;
  try {
    await obey(command);
    tell({ report: "done", id });
  } catch (error) {
    tell({ report: "done", id, error: error instanceof Error ? error.message : String(error) });
  }
}
broker.reportTraffic();
await Deno.remove(folder, { recursive: true }).catch(() => {});
Deno.exit(0);
