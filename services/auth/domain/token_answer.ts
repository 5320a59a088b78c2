/** What a token endpoint answered (RFC 6749 sections 5.1 and 5.2), read as hostile input. */
import { z } from "zod";
import { hiding } from "./hidden_secrets.ts";
import { isKnownError } from "./oauth_failures.ts";

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Undefined where the provider doesn't say how long the token lives. */
  readonly expiresInSeconds: number | undefined;
}

export type TokenAnswer =
  | { readonly kind: "tokens"; readonly tokens: Tokens }
  /** The provider's own error: a code of RFC 6749 or another word, and what it says about it. */
  | { readonly kind: "error"; readonly code: string; readonly description: string }
  | { readonly kind: "rate_limited"; readonly retryAfterSeconds: number | undefined }
  /** Down or overloaded: the same request may succeed later. */
  | { readonly kind: "unavailable"; readonly detail: string }
  /** Not an answer of a token endpoint; the same request gets the same again. */
  | { readonly kind: "unusable"; readonly detail: string };

export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** RFC 6749 appendix A: tokens are VSCHAR. A process gets no longer ones (see `PluginSecrets`). */
const Token = z.string().regex(/^[\x20-\x7e]{1,32768}$/);

/** Providers send the number as text, too, or something that is none. */
const Seconds = z.coerce.number().positive().max(100 * 365 * 24 * 3600).catch(Number.NaN);

const Success = z.object({
  access_token: Token,
  refresh_token: Token.nullish().catch(undefined),
  expires_in: z.union([z.number(), z.string().regex(/^\s*\d/)]).nullish().catch(undefined),
  token_type: z.string().nullish().catch(undefined),
});

const DESCRIPTION_CHARACTERS_MAX = 500;

/** @param sent secrets of the request: what the answer repeats of them is hidden */
export function readTokenAnswer(
  { status, headers, body }: RawAnswer,
  sent: readonly (string | null)[] = [],
): TokenAnswer {
  if (status === 429) return { kind: "rate_limited", retryAfterSeconds: retryAfterOf(headers) };
  if (status >= 500 || status === 408) {
    return { kind: "unavailable", detail: `Status ${status}` };
  }
  const answer = parseObject(body);
  if (answer === undefined) return { kind: "unusable", detail: `Status ${status} without JSON` };
  // Before anything is cut to length, lest a part of a secret is left.
  const hide = hiding([...sent, ...tokensIn(answer)]);
  // Some providers report errors with status 200.
  const error = errorOf(answer, hide);
  if (error !== undefined) return error;
  if (status >= 300) return { kind: "unusable", detail: `Status ${status} without an error code` };
  return readTokens(answer, hide);
}

type Hide = (text: string) => string;

function readTokens(answer: object, hide: Hide): TokenAnswer {
  const parsed = Success.safeParse(answer);
  if (!parsed.success) return { kind: "unusable", detail: "No usable access token" };
  const { access_token, refresh_token, expires_in, token_type } = parsed.data;
  // Any other type needs more of the plugin than to present it (RFC 6749 section 7.1).
  if (token_type != null && token_type.toLowerCase() !== "bearer") {
    return { kind: "unusable", detail: `Tokens of type "${hide(token_type).slice(0, 50)}"` };
  }
  const seconds = Seconds.parse(expires_in);
  return {
    kind: "tokens",
    tokens: {
      accessToken: access_token,
      refreshToken: refresh_token ?? undefined,
      expiresInSeconds: Number.isNaN(seconds) ? undefined : seconds,
    },
  };
}

function errorOf(answer: object, hide: Hide): TokenAnswer | undefined {
  const error: unknown = Reflect.get(answer, "error");
  if (error === undefined || error === null || error === false) return undefined;
  const code = typeof error === "string" ? codeOf(error, hide) : "unknown";
  if (code === "temporarily_unavailable" || code === "server_error") {
    return { kind: "unavailable", detail: `Error "${code}"` };
  }
  // RFC 8628 section 3.5; providers use it for codes, too.
  if (code === "slow_down") return { kind: "rate_limited", retryAfterSeconds: undefined };
  const description: unknown = Reflect.get(answer, "error_description") ??
    Reflect.get(answer, "message");
  return {
    kind: "error",
    code,
    description: typeof description === "string"
      ? hide(description).slice(0, DESCRIPTION_CHARACTERS_MAX)
      : "",
  };
}

/** A secret as short as a part of the word must not hide what it says. */
function codeOf(error: string, hide: Hide): string {
  return isKnownError(error) ? error : hide(error).slice(0, 100);
}

/** An answer that is refused may hold tokens, and tell of them. */
function tokensIn(answer: object): string[] {
  return ["access_token", "refresh_token", "id_token"]
    .map((name): unknown => Reflect.get(answer, name))
    .filter((token) => typeof token === "string");
}

function parseObject(body: Uint8Array): object | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(body));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** In seconds; the form with a date is not worth its trouble here. */
function retryAfterOf(headers: RawAnswer["headers"]): number | undefined {
  const text = headers["retry-after"] ?? "";
  return /^\d{1,6}$/.test(text) ? Number(text) : undefined;
}
