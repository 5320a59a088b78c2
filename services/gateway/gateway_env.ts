/** What a request carries through the gateway's middleware. */
import type { Principal } from "@codex/protocol";
import type { RequestEnv } from "@codex/service";

export interface GatewayEnv {
  Variables: RequestEnv["Variables"] & {
    /** Who presented the request's token, once it was checked. */
    principal?: Principal;
    /** The JSON that came, whole and unparsed. */
    body?: Uint8Array<ArrayBuffer>;
  };
}
