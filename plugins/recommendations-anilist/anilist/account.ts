/** What the manifests of the AniList plugins say alike. */
import type { ConfigField, OauthDeclaration } from "@codex/plugin-sdk";
import { API_URL } from "./client.ts";

export const EXTERNAL_ID_SOURCE = "api:anilist";

/** No PKCE and no refresh tokens; a token lasts a year. */
export const oauth: OauthDeclaration = {
  authorizationUrl: "https://anilist.co/api/v2/oauth/authorize",
  tokenUrl: "https://anilist.co/api/v2/oauth/token",
  pkce: false,
};

export const apiUrlField: ConfigField = {
  key: "apiUrl",
  label: "API address",
  description: "Where AniList's GraphQL API is",
  type: "string",
  default: API_URL,
};

export const network = ["graphql.anilist.co"];

export const adminSetupInstructions =
  "At anilist.co, Settings, Developer, create a client with the redirect URL that Codex shows, " +
  "and enter its id and secret here. Without that, people can still paste a token.";

export const userSetupInstructions =
  "Connect, and allow it at AniList. Or paste an access token: create a client at anilist.co with " +
  'the redirect URL "https://anilist.co/api/v2/oauth/pin" and open ' +
  "https://anilist.co/api/v2/oauth/authorize?client_id=<its id>&response_type=token";
