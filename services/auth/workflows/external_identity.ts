/** Fills in who the user is at the plugin's service, for people to recognise their account. */
import type { CallContext, Connection, PluginSummary } from "@codex/protocol";
import { describeError } from "@codex/service";
import { type ConnectionRow, setExternalIdentity } from "../db/connection_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { ACCESS_TOKEN } from "../domain/connection_rules.ts";
import { type ExternalIdentity, readIdentity } from "../domain/external_identity.ts";
import { toConnection } from "./connection_shape.ts";
import { readSecret } from "./vault.ts";

type IdentityDeps = Pick<
  AuthDeps,
  "db" | "keyring" | "logger" | "pluginHost" | "tickets" | "guardedFetch"
>;

/** Code of a plugin that was refused by its service (protocol.md: "Errors"). */
const AUTH_FAILED = -32003;
const TIMEOUT_MS = 10_000;
const USER_INFO_BYTES_MAX = 64 * 1024;

export type IdentityResult =
  | { readonly kind: "filled"; readonly connection: Connection }
  /** Nothing was told, or not in time; the connection stays as it is. */
  | { readonly kind: "unknown" }
  /** The service doesn't take the credentials. */
  | { readonly kind: "refused"; readonly message: string };

/** Asks the plugin, or the provider's `userInfoUrl` where the plugin doesn't say. Never throws. */
export async function fillExternalIdentity(
  deps: IdentityDeps,
  context: CallContext,
  row: ConnectionRow,
  plugin: PluginSummary,
): Promise<IdentityResult> {
  try {
    const asked = await askPlugin(deps, context, row, plugin);
    if (asked.kind === "refused") return asked;
    const identity = asked.identity ?? await askProvider(deps, row, plugin);
    if (identity === null) return { kind: "unknown" };
    const filled = await setExternalIdentity(deps.db, row.id, {
      externalId: identity.externalId,
      externalUsername: identity.username,
      externalAvatarUrl: identity.avatarUrl,
    });
    if (filled === undefined) return { kind: "unknown" };
    return { kind: "filled", connection: toConnection(filled) };
  } catch (error) {
    deps.logger.warn("The account at {plugin} could not be looked up", {
      plugin: plugin.name,
      requestId: context.requestId,
      ...describeError(error),
    });
    return { kind: "unknown" };
  }
}

type Asked =
  | { readonly kind: "told"; readonly identity: ExternalIdentity | null }
  | Extract<IdentityResult, { kind: "refused" }>;

const SILENCE: Asked = { kind: "told", identity: null };

async function askPlugin(
  deps: IdentityDeps,
  context: CallContext,
  row: ConnectionRow,
  plugin: PluginSummary,
): Promise<Asked> {
  if (!plugin.manifest?.capabilities.userReadSync) return SILENCE;
  const { id, pluginId, userId } = toConnection(row);
  const { ticket } = await deps.tickets.sign({
    connectionId: id,
    pluginId,
    userId,
    revision: row.revision,
  });
  const signal = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const answer = await deps.pluginHost.callPlugin({ ...context, signal }, pluginId, {
      method: "sync/getUserInfo",
      params: {},
      ticket,
    });
    if (answer.ok) return { kind: "told", identity: readIdentity(answer.result) };
    const { code, message } = answer.error;
    if (code === AUTH_FAILED) return { kind: "refused", message };
    deps.logger.info("{plugin} did not tell the account: {code}", { plugin: plugin.name, code });
  } catch (error) {
    const { requestId } = context;
    const detail = describeError(error);
    deps.logger.warn("{plugin} did not tell the account", {
      plugin: plugin.name,
      requestId,
      ...detail,
    });
  }
  return SILENCE;
}

/** OpenID Connect Core section 5.3, or whatever of the kind the provider has. */
async function askProvider(
  deps: IdentityDeps,
  row: ConnectionRow,
  plugin: PluginSummary,
): Promise<ExternalIdentity | null> {
  const endpoint = plugin.manifest?.oauth?.userInfoUrl;
  if (endpoint === undefined) return null;
  const owner = { purpose: "connection_credential", ownerId: row.id } as const;
  const secret = await readSecret(deps, owner, ACCESS_TOKEN);
  if (secret.kind !== "ok" || secret.text === null) return null;
  const answer = await deps.guardedFetch(new URL(endpoint), {
    headers: { accept: "application/json", authorization: `Bearer ${secret.text}` },
    timeoutMs: TIMEOUT_MS,
    bytesMax: USER_INFO_BYTES_MAX,
  });
  if (answer.kind !== "answered" || answer.status !== 200) return null;
  return readIdentity(JSON.parse(new TextDecoder().decode(answer.body)));
}
