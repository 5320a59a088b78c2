/** Talks to AniList for one connection: https://docs.anilist.co. */
import {
  AuthFailedError,
  ExternalApiError,
  type PluginError,
  type Session,
  SettingsReader,
} from "@codex/plugin-sdk";
import { type GraphqlCall, GraphqlClient, type GraphqlFault } from "@codex/plugin-sdk/graphql";
import { type Clock, Pacer } from "@codex/plugin-sdk/pacing";
import { type JsonObject, numberOf, objectOf } from "./json.ts";

export interface ClientDeps {
  readonly fetch: typeof fetch;
  readonly clock: Clock;
}

export const API_URL = "https://graphql.anilist.co";

/** Until X-RateLimit-Limit tells: AniList allows 90, and 30 when it is busy. */
const REQUESTS_PER_MINUTE = 30;

/** @throws {ConfigurationError} the setting `apiUrl` is no URL */
export function createClient(session: Session, { fetch, clock }: ClientDeps): GraphqlClient {
  const settings = new SettingsReader(session.adminConfig);
  const url = settings.url("apiUrl", API_URL);
  settings.done();
  const { access_token: token } = session.credentials;
  return new GraphqlClient({
    service: "AniList",
    url,
    pacer: new Pacer("AniList", REQUESTS_PER_MINUTE, clock),
    headers: token ? { authorization: `Bearer ${token}` } : {},
    explain,
    fetch,
  });
}

/** @throws {AuthFailedError} nobody has connected yet; AniList would answer in many ways */
export function requireToken({ credentials }: Session): void {
  if (!credentials.access_token) throw new AuthFailedError("Connect to AniList first");
}

/** @param fields beside the id */
export function viewerOperation(fields = ""): string {
  return `query { Viewer { id ${fields} } }`;
}

/** The account that the token opens. */
export async function readViewer(
  call: GraphqlCall,
  fields?: string,
): Promise<{ id: number; viewer: JsonObject }> {
  const viewer = objectOf((await call.query(viewerOperation(fields))).Viewer);
  const id = numberOf(viewer.id);
  if (id === undefined) throw new ExternalApiError("AniList answered without an account");
  return { id, viewer };
}

/** A bad or expired token is a 400, which a malformed operation is too: only the message tells. */
function explain(faults: readonly GraphqlFault[], status: number): PluginError | undefined {
  const isRefused = status === 401 ||
    faults.some(({ message }) => message.trim().toLowerCase() === "invalid token");
  return isRefused
    ? new AuthFailedError("AniList refuses the access token: connect again")
    : undefined;
}
