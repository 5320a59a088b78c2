/** What an administrator may set of the gateway alone; whoever starts it checks it, too, before all else. */
import { z } from "zod";
import { Count } from "@codex/service/config";

/** Left for what the gateway opens beside its connections; a round number with room to spare. */
const FILES_BESIDE = 100;

/** How many open files so many connections need: each may have another to the service that answers. */
export function filesForConnections(connections: number): number {
  return connections * 2 + FILES_BESIDE;
}

/** The most connections for which so many open files are enough; of a small number, none. */
export function connectionsForFiles(files: number): number {
  return Math.max(0, Math.floor((files - FILES_BESIDE) / 2));
}

/** Schemas of the variables' text. */
export const settings = {
  CODEX_TRUSTED_PROXIES: z.string().regex(/^\d$/, "Must be a number from 0 to 9").default("0"),
  // Each may need a second descriptor, to the service that answers: well below the 1024 that Linux
  // gives where nobody said otherwise.
  CODEX_CONNECTIONS_MAX: Count(16, 100_000).default(400),
  CODEX_CONNECTIONS_PER_ADDRESS_MAX: Count(8, 100_000).default(100),
};
