/** What a request carries through the gateway's middleware. */
import type { Principal } from "@codex/protocol";
import type { RequestEnv } from "@codex/service";

export interface GatewayEnv {
  Variables: RequestEnv["Variables"] & {
    /** Who presented the request's token, once it was checked. */
    principal?: Principal;
    /**
     * Counts the request as so many more of its address (`request_allowance.ts`); throws
     * `rate_limited` where that is too many.
     */
    spend?: (amount: number) => void;
    /** Takes the request back from the count of its address. */
    forgive?: () => void;
    /** The JSON that came, whole and unparsed. */
    body?: Uint8Array<ArrayBuffer>;
  };
}
