/**
 * Two families. A {@link PluginError} is what a handler throws: it crosses the wire with its code.
 * A {@link HostError} or {@link ConnectionError} is what a call to the host (storage) can end with.
 */
import { ERROR_CODES, type ErrorObject, type JsonValue } from "./json_rpc.ts";

/**
 * An answer that is an error. The message is shown to people: capital letter, no full stop, no secret.
 * Anything else that a handler throws becomes an {@link InternalError}, which counts against the
 * plugin's health; so throw one of these for whatever can be expected.
 */
export class PluginError extends Error {
  override readonly name: string = "PluginError";

  constructor(
    readonly code: number,
    message: string,
    readonly data?: JsonValue,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The outside service asks to slow down; the host may call again after `retryAfterSeconds`. */
export class RateLimitedError extends PluginError {
  override readonly name = "RateLimitedError";

  constructor(
    readonly retryAfterSeconds: number,
    message = "Rate limited",
    options?: ErrorOptions,
  ) {
    super(ERROR_CODES.rateLimited, message, { retryAfterSeconds }, options);
  }
}

/** There is no such thing at the outside service. Never for "could not ask". */
export class NotFoundError extends PluginError {
  override readonly name = "NotFoundError";

  constructor(message = "Not found", options?: ErrorOptions) {
    super(ERROR_CODES.notFound, message, undefined, options);
  }
}

/** The outside service refuses the credentials; the user or the admin has to renew them. */
export class AuthFailedError extends PluginError {
  override readonly name = "AuthFailedError";

  constructor(message = "Authentication failed", options?: ErrorOptions) {
    super(ERROR_CODES.authFailed, message, undefined, options);
  }
}

/** The outside service failed or answered what makes no sense; `status` is its HTTP status, if any. */
export class ExternalApiError extends PluginError {
  override readonly name = "ExternalApiError";

  constructor(message: string, options?: ErrorOptions & { status?: number }) {
    const data = options?.status === undefined ? undefined : { status: options.status };
    super(ERROR_CODES.externalApiError, message, data, options);
  }
}

/** The admin's or the user's settings are missing or wrong; the message names the setting. */
export class ConfigurationError extends PluginError {
  override readonly name = "ConfigurationError";

  constructor(message: string, options?: ErrorOptions) {
    super(ERROR_CODES.configurationError, message, undefined, options);
  }
}

/** The host's params are wrong; the message names every wrong field. */
export class InvalidParamsError extends PluginError {
  override readonly name = "InvalidParamsError";

  constructor(message: string, options?: ErrorOptions) {
    super(ERROR_CODES.invalidParams, message, undefined, options);
  }
}

/** The plugin doesn't offer this method. */
export class MethodNotFoundError extends PluginError {
  override readonly name = "MethodNotFoundError";

  constructor(method: string) {
    super(ERROR_CODES.methodNotFound, `Method "${method}" is not offered`);
  }
}

/** A fault of the plugin itself; counts against its health. */
export class InternalError extends PluginError {
  override readonly name = "InternalError";

  constructor(message: string, options?: ErrorOptions) {
    super(ERROR_CODES.internalError, message, undefined, options);
  }
}

/** The host answered a call of the plugin with an error, for instance over a storage limit. */
export class HostError extends Error {
  override readonly name = "HostError";

  constructor(readonly code: number, message: string, readonly data?: JsonValue) {
    super(message);
  }
}

/** Why a call to the host brought no answer. */
export type ConnectionFault = "timeout" | "closed" | "cancelled" | "invalid_reply";

/** A call of the plugin to the host brought no usable answer. Whether it took effect is unknown. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";

  constructor(readonly fault: ConnectionFault, message: string) {
    super(message);
  }
}

/** The error object to send for whatever a handler threw. */
export function toErrorObject(thrown: unknown): ErrorObject {
  if (thrown instanceof PluginError) {
    const { code, message, data } = thrown;
    return data === undefined ? { code, message } : { code, message, data };
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return { code: ERROR_CODES.internalError, message: message || "Internal error" };
}
