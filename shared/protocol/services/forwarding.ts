/**
 * What the gateway tells a service about a public request beside the user: headers that it sets itself
 * and drops from whatever a client sends. A service believes them because only the gateway's identity
 * token opens the routes that read them.
 */

/** The client's IP address, as the gateway saw it: for throttling. */
export const CLIENT_ADDRESS_HEADER = "x-codex-client-address";

/**
 * Set when the address is that of a proxy in a private network that nobody told the gateway of: it
 * stands for everybody behind it.
 */
export const ADDRESS_SHARED_HEADER = "x-codex-address-shared";

/** Device tokens from the browser's cookies, separated by spaces: for sign-ins. */
export const DEVICE_TOKENS_HEADER = "x-codex-device-tokens";

/** In auth's answer: a device token, for a cookie of the account that signed in. */
export const DEVICE_TOKEN_HEADER = "x-codex-device-token";

/** The session that the user presented; absent with an API token. */
export const SESSION_ID_HEADER = "x-codex-session-id";

/**
 * The cookie that holds the session's token: the gateway alone sets, reads and clears it. On https its
 * name begins with `__Host-`.
 */
export const SESSION_COOKIE = "codex_session";

/**
 * What the names of cookies with device tokens begin with, one cookie an account; on https after
 * `__Host-`.
 */
export const DEVICE_COOKIE_PREFIX = "codex_device_";
