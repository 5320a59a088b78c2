/**
 * What the gateway tells a service about a public request beside the user: headers that it sets itself
 * and drops from whatever a client sends. A service believes them because only the gateway's identity
 * token opens the routes that read them.
 */

/** The client's IP address, as the gateway saw it: for throttling. */
export const CLIENT_ADDRESS_HEADER = "x-codex-client-address";

/** The session that the user presented; absent with an API token. */
export const SESSION_ID_HEADER = "x-codex-session-id";

/**
 * The cookie that holds the session's token: the gateway alone sets, reads and clears it. On https its
 * name begins with `__Host-`.
 */
export const SESSION_COOKIE = "codex_session";
