/** Uses of connections whose token is, or is not, to be renewed. */
import { deepEqual as equal, ok } from "node:assert/strict";
import { ConnectionSecrets, TicketAnswer } from "@codex/protocol";
import { connectDatabase } from "@codex/service/database";
import { createApp } from "../app.ts";
import { schema } from "../db/database.ts";
import { createTokenRefresher } from "../token_refresher.ts";
import { type Fixture, json } from "./fixture.ts";
import type { Provider } from "./provider.ts";
import { signIn, type SignInParts, withProvider } from "./sign_in.ts";

export const HOUR_MS = 3_600_000;

export const askTicket = ({ auth, pluginId, ada }: SignInParts, app = auth.app) =>
  requestTicket(auth, app, pluginId, ada);

async function requestTicket(
  auth: Fixture,
  app: Fixture["app"],
  pluginId: string,
  subject: SignInParts["ada"],
): Promise<Response> {
  const headers = await auth.identities.headers("sync", "auth", subject);
  return await app.request(`/internal/connections/${pluginId}/ticket`, { method: "POST", headers });
}

export async function ticketOf(parts: SignInParts, app?: Fixture["app"]): Promise<string> {
  return TicketAnswer.parse(await json(await askTicket(parts, app))).ticket;
}

/** The access token that a process with this ticket would be started with. */
export async function tokenFor({ auth }: SignInParts, ticket: string): Promise<string | undefined> {
  const reply = await auth.call("POST", "/vault/connections/release", {
    from: "plugin-host",
    body: { ticket },
  });
  const { credentials } = ConnectionSecrets.parse(await json(reply));
  equal(Object.keys(credentials), ["access_token"]);
  return credentials["access_token"];
}

export async function revisionOf({ auth }: SignInParts, ticket: string): Promise<number> {
  const verified = await auth.deps.tickets.verify(ticket);
  ok(verified.ok);
  return verified.claims.revision;
}

export const refreshesOf = (provider: Provider) =>
  provider.requests.filter(({ form }) => form["grant_type"] === "refresh_token");

/** Another replica: its own app, database connections and refresher, the same database. */
export function replicaOf({ auth, provider }: SignInParts) {
  const { db, close } = connectDatabase(auth.database.urls.codex_auth, schema);
  const deps = { ...auth.deps, db };
  const app = createApp({ ...deps, tokens: createTokenRefresher(deps) });
  return { app, provider, [Symbol.asyncDispose]: close };
}

/** A user who has just signed in, with a token of an hour. */
export const withToken = (test: (parts: SignInParts) => Promise<void>) =>
  withProvider(async (parts) => {
    equal((await signIn(parts.auth, parts.ada, parts.pluginId)).kind, "connected");
    await test(parts);
  });
