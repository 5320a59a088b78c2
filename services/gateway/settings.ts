/** What an administrator may set of the gateway alone; whoever starts it checks it, too, before all else. */
import { z } from "zod";
import { Count } from "@codex/service/config";

/** Schemas of the variables' text. */
export const settings = {
  CODEX_TRUSTED_PROXIES: z.string().regex(/^\d$/, "Must be a number from 0 to 9").default("0"),
  // Each may need a second descriptor, to the service that answers: well below the 1024 that Linux
  // gives where nobody said otherwise.
  CODEX_CONNECTIONS_MAX: Count(16, 100_000).default(400),
  CODEX_CONNECTIONS_PER_ADDRESS_MAX: Count(8, 100_000).default(100),
};
