/** What travels with every call from one service to another. */
import type { Subject } from "../identity.ts";

export interface CallContext {
  readonly requestId: string;
  /** The user on whose behalf the call is made; absent for a service's own work. */
  readonly subject?: Subject;
  /** Aborted when the caller left. */
  readonly signal?: AbortSignal;
}

/** Every service that keeps data of a person or connection (architecture.md: "Services and what each owns"). Idempotent. */
export interface PurgingService {
  purgeConnection(context: CallContext, connectionId: string): Promise<void>;
  purgeUser(context: CallContext, userId: string): Promise<void>;
}
