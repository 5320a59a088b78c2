/**
 * An authorization server of the other kind, as AniList's is: no PKCE, the client secret in the body,
 * a token of one year, no refresh token, and a redirect URL that must be exactly the registered one.
 */
import { Hono } from "hono";

const YEAR_SECONDS = 365 * 24 * 3600;

export interface OneYearServer extends AsyncDisposable {
  /** `host:port` */
  readonly host: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly declaration: {
    readonly authorizationUrl: string;
    readonly tokenUrl: string;
    readonly scopes: readonly string[];
    readonly pkce: false;
  };
  /** Every secret it gave out or was sent: to be found nowhere in clear. */
  readonly secrets: Set<string>;
  /** Parameters of the requests to the token endpoint, oldest first. */
  readonly tokenRequests: Record<string, string>[];
  register(redirectUrl: string): void;
}

export function startOneYearServer(): OneYearServer {
  const clientId = "12345";
  const clientSecret = `one-year-secret-${crypto.randomUUID()}`;
  const secrets = new Set([clientSecret]);
  const codes = new Map<string, string>();
  const tokenRequests: Record<string, string>[] = [];
  let registered = "";

  const app = new Hono()
    .get("/authorize", (c) => {
      const { client_id, redirect_uri, response_type, state, ...rest } = c.req.query();
      if (client_id !== clientId || redirect_uri !== registered || response_type !== "code") {
        return c.json({ error: "invalid_request", message: "Unknown client or redirect" }, 400);
      }
      if (Object.keys(rest).length > 0) {
        return c.json({ error: "invalid_request", message: "Unexpected parameters" }, 400);
      }
      const code = `code-${crypto.randomUUID()}`;
      codes.set(code, redirect_uri);
      const back = new URL(redirect_uri);
      back.searchParams.set("code", code);
      back.searchParams.set("state", state ?? "");
      return c.redirect(back.href, 302);
    })
    .post("/token", async (c) => {
      const form = Object.fromEntries(new URLSearchParams(await c.req.text()));
      tokenRequests.push(form);
      if (form["client_id"] !== clientId || form["client_secret"] !== clientSecret) {
        return c.json({ error: "invalid_client", message: "Client authentication failed" }, 401);
      }
      const code = form["code"] ?? "";
      const isKnown = codes.get(code) === form["redirect_uri"] && codes.delete(code);
      if (form["grant_type"] !== "authorization_code" || !isKnown) {
        return c.json({ error: "invalid_grant", hint: "Cannot decrypt the code" }, 400);
      }
      const token = `eyJ.${crypto.randomUUID()}.${crypto.randomUUID()}`;
      secrets.add(code).add(token);
      return c.json({ token_type: "Bearer", expires_in: YEAR_SECONDS, access_token: token }, 200);
    });
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, app.fetch);
  const host = `127.0.0.1:${server.addr.port}`;
  return {
    host,
    clientId,
    clientSecret,
    declaration: {
      authorizationUrl: `http://${host}/authorize`,
      tokenUrl: `http://${host}/token`,
      scopes: [],
      pkce: false,
    },
    secrets,
    tokenRequests,
    register(redirectUrl) {
      registered = redirectUrl;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}
