/** What other services ask of sync, beyond the public calls that the gateway forwards. */
import type { PurgingService } from "./call_context.ts";

export type SyncService = PurgingService;
