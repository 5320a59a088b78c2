import { deepEqual as equal, ok } from "node:assert/strict";
import { createCodeVerifier, verifyCodeChallenge } from "@codex/crypto";
import { authorizationUrl } from "./authorization_url.ts";

const request = {
  endpoint: "https://provider.example/authorize",
  clientId: "my client&id",
  redirectUrl: "https://codex.example/api/v1/user/plugins/oauth/callback",
  scopes: [],
  state: "the-state",
  verifier: null,
};

const queryOf = (url: string) => Object.fromEntries(new URL(url).searchParams);

Deno.test("the URL asks for a code, for this client, back to this address, with this state", () => {
  equal(queryOf(authorizationUrl(request)), {
    response_type: "code",
    client_id: "my client&id",
    redirect_uri: request.redirectUrl,
    state: "the-state",
  });
  const scoped = authorizationUrl({ ...request, scopes: ["read", "write"] });
  equal(queryOf(scoped)["scope"], "read write");
});

Deno.test("with PKCE it carries the S256 challenge of the verifier, and not the verifier", () => {
  const verifier = createCodeVerifier();
  const url = authorizationUrl({ ...request, verifier });
  const query = queryOf(url);
  equal(query["code_challenge_method"], "S256");
  ok(verifyCodeChallenge(verifier, query["code_challenge"] ?? ""));
  ok(!url.includes(verifier));
});

Deno.test("an endpoint's own query stays", () => {
  const endpoint = "https://provider.example/authorize?tenant=a%20b&audience=x%2Fy";
  const url = authorizationUrl({ ...request, endpoint });
  const { tenant, audience, client_id } = queryOf(url);
  equal([tenant, audience, client_id], ["a b", "x/y", "my client&id"]);
  ok(url.startsWith("https://provider.example/authorize?tenant="));
});
