/** The plugin's key-value store at the host: private to the connection the process was started for. */
import type { CallOptions, Connection } from "./connection.ts";
import { ConnectionError, InvalidParamsError } from "./errors.ts";
import { isRecord, type JsonValue } from "./json_rpc.ts";

/** What JSON can hold: also an object of an interface of your own, whose fields are such values. */
export type Storable = string | number | boolean | null | object;

export interface StoredValue<Data = JsonValue> {
  /** Null when nothing is stored under the key, or it has expired. */
  readonly data: Data | null;
  /** ISO 8601; absent when it doesn't expire. */
  readonly expiresAt?: string;
}

export interface StoredKey {
  readonly key: string;
  /** ISO 8601; absent when it doesn't expire. */
  readonly expiresAt?: string;
  /** ISO 8601. */
  readonly updatedAt: string;
}

/**
 * Limits of the host: 100 live keys, 1 MiB of JSON per value, keys of 1 to 256 characters; over one of
 * them nothing changes. Plugins without a connection (metadata plugins) have no store.
 *
 * Every method throws a HostError with the host's code and message (a limit: -32602; no store: -32601),
 * or a ConnectionError when no answer came in time.
 */
export interface Storage {
  /**
   * Gives what was set, as JSON has it: a `Date` comes back as text. `Data` says what that was, and
   * nothing checks it: what an older version of the plugin wrote may look otherwise.
   */
  get<Data = JsonValue>(key: string): Promise<StoredValue<Data>>;
  /** @param options.expiresAt when the value is to vanish, in the future */
  set(key: string, data: Storable, options?: { expiresAt?: Date | string }): Promise<void>;
  /** Says whether there was such a key. */
  delete(key: string): Promise<boolean>;
  /** All live keys, sorted. */
  list(): Promise<StoredKey[]>;
  /** Deletes every key and says how many there were. */
  clear(): Promise<number>;
}

/** Storage over a connection; each call ends within `options.timeoutMs`. */
export function createStorage(connection: Connection, options: CallOptions): Storage {
  async function call(method: string, params: object): Promise<Record<string, unknown>> {
    const result = await connection.call(method, params, options);
    if (!isRecord(result)) throw unreadable(method);
    return result;
  }

  return {
    async get<Data>(key: string): Promise<StoredValue<Data>> {
      const { data, expiresAt } = await call("storage/get", { key });
      const value = (data ?? null) as Data | null;
      return typeof expiresAt === "string" ? { data: value, expiresAt } : { data: value };
    },
    async set(key, data, { expiresAt } = {}) {
      // JSON drops these, and the host would see a call without data.
      if (data === undefined || typeof data === "function") {
        throw new InvalidParamsError('"data" must be a JSON value');
      }
      const instant = expiresAt instanceof Date ? expiresAt.toISOString() : expiresAt;
      await call("storage/set", { key, data, expiresAt: instant });
    },
    async delete(key) {
      return (await call("storage/delete", { key })).deleted === true;
    },
    async list() {
      const { keys } = await call("storage/list", {});
      if (!Array.isArray(keys) || !keys.every(isStoredKey)) throw unreadable("storage/list");
      return keys;
    },
    async clear() {
      const { deletedCount } = await call("storage/clear", {});
      if (typeof deletedCount !== "number") throw unreadable("storage/clear");
      return deletedCount;
    },
  };
}

function isStoredKey(value: unknown): value is StoredKey {
  return isRecord(value) && typeof value.key === "string" && typeof value.updatedAt === "string";
}

function unreadable(method: string): ConnectionError {
  return new ConnectionError("invalid_reply", `The host's answer to "${method}" makes no sense`);
}
