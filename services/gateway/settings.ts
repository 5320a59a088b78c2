/** What an administrator may set of the gateway alone; whoever starts it checks it, too, before all else. */
import { z } from "zod";

/** Schemas of the variables' text. */
export const settings = {
  CODEX_TRUSTED_PROXIES: z.string().regex(/^\d$/, "Must be a number from 0 to 9").default("0"),
};
