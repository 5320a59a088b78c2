/** What goes wrong at AniList, on request. */

/** One reply that isn't as it should be. */
export type Fault =
  /** 400, as for a bad or expired token. */
  | { readonly kind: "invalid_token" }
  /** 429 of the burst limiter: Retry-After, but no X-RateLimit headers. */
  | { readonly kind: "burst"; readonly retryAfterSeconds: number }
  /** HTML 502 of the proxy before it; with `lost`, the operation was carried out. */
  | { readonly kind: "bad_gateway"; readonly lost?: boolean }
  /** 403 as JSON: the API is switched off. */
  | { readonly kind: "outage" }
  /** 200, and nothing but an error in it. */
  | { readonly kind: "errors_in_200" }
  /** No reply until the client gives up. */
  | { readonly kind: "hang" }
  /** The right reply, changed. */
  | { readonly kind: "mangled"; mangle(body: Record<string, unknown>): unknown };

export interface FaultPlan {
  /** How many replies; default 1. */
  readonly times?: number;
  /** Which operations; default all. */
  readonly when?: (operation: OperationInfo) => boolean;
}

/** What a request asked for. */
export interface OperationInfo {
  readonly kind: "query" | "mutation";
  /** Names of the root fields, each as often as it occurs: `["SaveMediaListEntry", …]`. */
  readonly fields: readonly string[];
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Gives each planned fault to the replies that it is meant for. */
export class Faults {
  #planned: { fault: Fault; left: number; when: (operation: OperationInfo) => boolean }[] = [];

  plan(fault: Fault, { times = 1, when = () => true }: FaultPlan = {}): void {
    this.#planned.push({ fault, left: times, when });
  }

  clear(): void {
    this.#planned = [];
  }

  take(operation: OperationInfo): Fault | undefined {
    const plan = this.#planned.find(({ when }) => when(operation));
    if (plan === undefined) return undefined;
    plan.left--;
    this.#planned = this.#planned.filter(({ left }) => left > 0);
    return plan.fault;
  }
}

/**
 * Puts null where AniList may: beside every list and every entry, for the title and totals of each
 * second work, and for parts of dates.
 */
export function withNullParts(body: Record<string, unknown>): unknown {
  return nullParts(body, "");
}

/** Gives the first entry of each list a status that nobody knows yet. */
export function withUnknownStatus(body: Record<string, unknown>): unknown {
  return JSON.parse(JSON.stringify(body), (key, value) => {
    if (key !== "entries" || !Array.isArray(value) || value.length === 0) return value;
    return [{ ...value[0], status: "ARCHIVED" }, ...value.slice(1)];
  });
}

function nullParts(value: unknown, name: string): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item, index) =>
      name === "entries" && index % 2 === 1 ? withoutMedia(item) : nullParts(item, "")
    );
    return name === "lists" || name === "entries" ? [null, ...items] : items;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, part]) => {
      if (key === "day" || key === "score") return [key, null];
      return [key, nullParts(part, key)];
    }),
  );
}

function withoutMedia(entry: unknown): unknown {
  return { ...(nullParts(entry, "") as object), media: null };
}
