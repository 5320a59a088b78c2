/**
 * Asking a provider's token endpoint (RFC 6749 sections 4.1.3 and 6), through the guarded fetch:
 * arctic's own calls have no deadline, no size limit, and follow redirects.
 */
import type { GuardedAnswer, GuardedFetch } from "@codex/service/guarded-fetch";
import { hiding } from "./domain/hidden_secrets.ts";
import { readTokenAnswer, type TokenAnswer, type Tokens } from "./domain/token_answer.ts";

/** How a client proves itself (RFC 6749 section 2.3.1). */
export type SecretBy = "body" | "basic";

export interface TokenClient {
  readonly clientId: string;
  /** Null for a public client. */
  readonly clientSecret: string | null;
  /** The way that worked before; null while unknown. */
  readonly secretBy: SecretBy | null;
}

export type Grant =
  | {
    readonly type: "authorization_code";
    readonly code: string;
    /** As in the authorization request (RFC 6749 section 4.1.3). */
    readonly redirectUrl: string;
    readonly verifier: string | null;
  }
  | { readonly type: "refresh_token"; readonly refreshToken: string };

export type TokenFailure =
  | Exclude<TokenAnswer, { kind: "tokens" }>
  /** An address that this server doesn't fetch from. */
  | { readonly kind: "address_refused"; readonly detail: string };

export type TokenOutcome =
  | {
    readonly kind: "tokens";
    readonly tokens: Tokens;
    /** The way that worked; null for a public client. */
    readonly secretBy: SecretBy | null;
  }
  | TokenFailure;

/** A token endpoint has this long, look-up and connection included. */
export const TOKEN_TIMEOUT_MS = 10_000;
export const TOKEN_BYTES_MAX = 64 * 1024;

/**
 * Asks for tokens. A secret is sent in the body, and again by Basic where the provider then doesn't
 * know the client: each takes one of the two, and none says which. Refusing the client comes before
 * looking at the code, so a second try finds it unused.
 */
export async function requestTokens(
  fetch: GuardedFetch,
  endpoint: string,
  client: TokenClient,
  grant: Grant,
): Promise<TokenOutcome> {
  const url = new URL(endpoint);
  const [first, second] = waysOf(client);
  const outcome = await attempt(fetch, url, client, grant, first);
  if (second === undefined || outcome.kind !== "error" || outcome.code !== "invalid_client") {
    return outcome;
  }
  const retried = await attempt(fetch, url, client, grant, second);
  return retried.kind === "error" && retried.code === "invalid_client" ? outcome : retried;
}

function waysOf({ clientSecret, secretBy }: TokenClient): [SecretBy | null, SecretBy?] {
  if (clientSecret === null) return [null];
  return secretBy === "basic" ? ["basic", "body"] : ["body", "basic"];
}

async function attempt(
  fetch: GuardedFetch,
  url: URL,
  client: TokenClient,
  grant: Grant,
  secretBy: SecretBy | null,
): Promise<TokenOutcome> {
  const { clientId, clientSecret } = client;
  const body = grantBody(grant);
  const headers: Record<string, string> = {
    accept: "application/json",
    "content-type": "application/x-www-form-urlencoded",
  };
  if (secretBy === "basic") {
    headers["authorization"] = basicAuthorization(clientId, clientSecret ?? "");
  } else {
    body.set("client_id", clientId);
    if (clientSecret !== null) body.set("client_secret", clientSecret);
  }
  const answer = await fetch(url, {
    method: "POST",
    headers,
    body: body.toString(),
    timeoutMs: TOKEN_TIMEOUT_MS,
    bytesMax: TOKEN_BYTES_MAX,
  });
  const secrets = [
    ...[...body].filter(([name]) => SECRET_FIELDS.has(name)).map(([, value]) => value),
    clientSecret,
    headers["authorization"]?.replace(/^Basic /, "") ?? null,
  ];
  const outcome = toOutcome(answer, secrets);
  return outcome.kind === "tokens" ? { ...outcome, secretBy } : outcome;
}

const SECRET_FIELDS: ReadonlySet<string> = new Set(["code", "code_verifier", "refresh_token"]);

function grantBody(grant: Grant): URLSearchParams {
  const body = new URLSearchParams({ grant_type: grant.type });
  if (grant.type === "refresh_token") {
    body.set("refresh_token", grant.refreshToken);
    return body;
  }
  body.set("code", grant.code);
  body.set("redirect_uri", grant.redirectUrl);
  if (grant.verifier !== null) body.set("code_verifier", grant.verifier);
  return body;
}

/** RFC 6749 section 2.3.1: both parts are form-encoded before they are joined. */
function basicAuthorization(clientId: string, clientSecret: string): string {
  const encode = (text: string) => new URLSearchParams([["", text]]).toString().slice(1);
  const pair = `${encode(clientId)}:${encode(clientSecret)}`;
  return `Basic ${new TextEncoder().encode(pair).toBase64()}`;
}

/** @param secrets what was sent: the outcome goes into the log, and a provider may repeat them */
function toOutcome(
  answer: GuardedAnswer,
  secrets: readonly (string | null)[],
): TokenAnswer | TokenFailure {
  if (answer.kind === "answered") return readTokenAnswer(answer, secrets);
  // Names where the provider redirects to.
  const detail = hiding(secrets)(answer.detail);
  if (answer.kind === "unreachable") return { kind: "unavailable", detail };
  return answer.reason === "address" || answer.reason === "scheme"
    ? { kind: "address_refused", detail }
    : { kind: "unusable", detail };
}
