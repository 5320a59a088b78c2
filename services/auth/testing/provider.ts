/** A provider's token endpoint on this machine, told what to answer; it notes what it was asked. */
import type { Manifest } from "@codex/protocol";
import { AllowedHostList } from "@codex/service";
import { createGuardedFetch, type GuardedFetch } from "@codex/service/guarded-fetch";

export interface SeenRequest {
  readonly path: string;
  readonly form: Readonly<Record<string, string>>;
  readonly authorization: string | null;
}

type Answer = (request: SeenRequest) => Response | Promise<Response>;

export interface Provider extends AsyncDisposable {
  readonly origin: string;
  readonly oauth: NonNullable<Manifest["oauth"]>;
  /** May reach this provider, and nothing else of this machine. */
  readonly guardedFetch: GuardedFetch;
  /** Oldest first. */
  readonly requests: SeenRequest[];
  /** How it answers: tokens numbered from 1 that live an hour, unless set. */
  answer: Answer;
}

export function startProvider(): Provider {
  const requests: SeenRequest[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const seen: SeenRequest = {
      path: new URL(request.url).pathname,
      form: Object.fromEntries(new URLSearchParams(await request.text())),
      authorization: request.headers.get("authorization"),
    };
    requests.push(seen);
    return await provider.answer(seen);
  });
  const host = `127.0.0.1:${server.addr.port}`;
  const origin = `http://${host}`;
  const provider: Provider = {
    origin,
    oauth: {
      // Browsers go there, and nobody in these tests.
      authorizationUrl: "https://provider.example/authorize",
      tokenUrl: `${origin}/token`,
      scopes: ["read", "write"],
      pkce: true,
    },
    guardedFetch: createGuardedFetch({ allowedHosts: AllowedHostList.parse(host) }),
    requests,
    answer: () => tokens(requests.length),
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
  return provider;
}

/** An answer with the access token `access-<number>` and the refresh token `refresh-<number>`. */
export function tokens(number: number, change: object = {}): Response {
  return Response.json({
    access_token: `access-${number}`,
    refresh_token: `refresh-${number}`,
    expires_in: 3600,
    token_type: "Bearer",
    ...change,
  });
}

export function refusal(error: string, status = 400, description?: string): Response {
  return Response.json({ error, error_description: description }, { status });
}
