/**
 * A real authorization server, `oidc-provider`, on this machine: authorization code with PKCE S256,
 * refresh tokens that rotate, revocation. Whoever comes is signed in as Ada and consents.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import Provider from "oidc-provider";

export interface OidcOptions {
  readonly clientAuthentication?: "client_secret_post" | "client_secret_basic";
}

export interface SeenTokenRequest {
  readonly grantType: string;
  readonly status: number;
  /** The provider's error, where it refused. */
  readonly error: string | undefined;
}

export interface OidcServer extends AsyncDisposable {
  /** `host:port` */
  readonly host: string;
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** What a plugin's manifest says of it; the authorization URL has a query of its own. */
  readonly declaration: {
    readonly authorizationUrl: string;
    readonly tokenUrl: string;
    readonly userInfoUrl: string;
    readonly scopes: readonly string[];
    readonly pkce: true;
  };
  /** Oldest first. */
  readonly tokenRequests: SeenTokenRequest[];
  /** Every secret it gave out or was sent: to be found nowhere in clear. */
  readonly secrets: Set<string>;
  /** Makes the client known, now that its redirect URL is. */
  register(redirectUrl: string): void;
  /** Takes every grant back, as a user does in their account. */
  revokeGrants(): Promise<void>;
}

const CLIENT_ID = "codex-client";
const ACCOUNT_ID = "ada";

export async function startOidcServer(options: OidcOptions = {}): Promise<OidcServer> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("No port");
  const host = `127.0.0.1:${address.port}`;
  const issuer = `http://${host}`;
  const clientSecret = `oidc-client-secret-${crypto.randomUUID()}`;
  const tokenRequests: SeenTokenRequest[] = [];
  const secrets = new Set([clientSecret]);
  const grantIds = new Set<string>();
  let provider: Provider | undefined;

  const register = (redirectUrl: string) => {
    provider = createProvider({ issuer, redirectUrl, clientSecret, ...options });
    provider.use(signEverybodyIn(provider, grantIds));
    provider.use(noteTokenRequests(tokenRequests, secrets));
    server.removeAllListeners("request");
    server.on("request", provider.callback());
  };
  register("http://127.0.0.1/not-registered-yet");
  return {
    host,
    issuer,
    clientId: CLIENT_ID,
    clientSecret,
    declaration: {
      // OpenID Connect gives refresh tokens to those who ask for consent anew.
      authorizationUrl: `${issuer}/auth?prompt=consent`,
      tokenUrl: `${issuer}/token`,
      userInfoUrl: `${issuer}/me`,
      scopes: ["openid", "offline_access", "profile"],
      pkce: true,
    },
    tokenRequests,
    secrets,
    register,
    async revokeGrants() {
      for (const id of grantIds) await (await provider?.Grant.find(id))?.destroy();
      grantIds.clear();
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createProvider(
  { issuer, redirectUrl, clientSecret, clientAuthentication }: OidcOptions & {
    readonly issuer: string;
    readonly redirectUrl: string;
    readonly clientSecret: string;
  },
): Provider {
  return new Provider(issuer, {
    clients: [{
      client_id: CLIENT_ID,
      client_secret: clientSecret,
      redirect_uris: [redirectUrl],
      grant_types: ["authorization_code", "refresh_token"],
      response_types: ["code"],
      token_endpoint_auth_method: clientAuthentication ?? "client_secret_post",
    }],
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_context: unknown, { uid }: { uid: string }) => `/interaction/${uid}` },
    findAccount: (_context: unknown, accountId: string) => ({
      accountId,
      claims: () => ({ sub: accountId, name: "Ada of the provider" }),
    }),
    claims: { profile: ["name"] },
    scopes: ["openid", "offline_access", "profile"],
    pkce: { required: () => true },
    rotateRefreshToken: true,
    cookies: { keys: [crypto.randomUUID()] },
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 60,
      Grant: 86_400,
      IdToken: 3600,
      Interaction: 600,
      RefreshToken: 86_400,
      Session: 600,
    },
  });
}

/** The part of a Koa context that is used here. */
interface Context {
  readonly path: string;
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
  readonly status: number;
  readonly body: unknown;
  readonly oidc?: { readonly params?: Readonly<Record<string, unknown>> };
  respond?: boolean;
}

type Middleware = (context: Context, next: () => Promise<void>) => Promise<void>;

function signEverybodyIn(provider: Provider, grantIds: Set<string>): Middleware {
  return async (context, next) => {
    if (!context.path.startsWith("/interaction/")) return await next();
    const { req, res } = context;
    const { params } = await provider.interactionDetails(req, res);
    const grant = new provider.Grant({
      accountId: ACCOUNT_ID,
      clientId: String(params["client_id"]),
    });
    grant.addOIDCScope(String(params["scope"]));
    const grantId = await grant.save();
    grantIds.add(grantId);
    context.respond = false;
    await provider.interactionFinished(req, res, {
      login: { accountId: ACCOUNT_ID },
      consent: { grantId },
    }, { mergeWithLastSubmission: false });
  };
}

function noteTokenRequests(seen: SeenTokenRequest[], secrets: Set<string>): Middleware {
  return async (context, next) => {
    await next();
    if (context.path !== "/token") return;
    const params = context.oidc?.params ?? {};
    const body = isObject(context.body) ? context.body : {};
    seen.push({
      grantType: String(params["grant_type"]),
      status: context.status,
      error: typeof body["error"] === "string" ? body["error"] : undefined,
    });
    for (const name of ["code", "code_verifier", "refresh_token"]) {
      if (typeof params[name] === "string") secrets.add(params[name]);
    }
    for (const name of ["access_token", "refresh_token", "id_token"]) {
      if (typeof body[name] === "string") secrets.add(body[name]);
    }
  };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
