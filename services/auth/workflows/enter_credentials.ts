/** Connects by what a user enters: a personal access token, or what the plugin declares. */
import type {
  CallContext,
  Connection,
  CredentialsRequest,
  PluginId,
  PluginSummary,
  Subject,
} from "@codex/protocol";
import { requireReconnection } from "../db/connection_queries.ts";
import type { AuthDeps } from "../deps.ts";
import { type CredentialsResult, readCredentials } from "../domain/credentials.ts";
import { toConnection } from "./connection_shape.ts";
import { fillExternalIdentity } from "./external_identity.ts";
import { saveCredentials } from "./new_credentials.ts";
import { findUserPlugin, type PluginRefusal } from "./user_plugin.ts";

type EnterDeps = Pick<
  AuthDeps,
  "db" | "now" | "keyring" | "logger" | "pluginHost" | "tickets" | "guardedFetch"
>;

export type EnterResult =
  | { readonly kind: "entered"; readonly connection: Connection }
  | PluginRefusal
  | { readonly kind: "none_needed"; readonly plugin: PluginSummary }
  | Extract<CredentialsResult, { kind: "refused" }>
  | { readonly kind: "user_gone" }
  | { readonly kind: "no_key" };

const REFUSED = "The service doesn't take what you entered: check it and enter it again";

export async function enterCredentials(
  deps: EnterDeps,
  context: CallContext,
  subject: Subject,
  pluginId: PluginId,
  request: CredentialsRequest,
): Promise<EnterResult> {
  const found = await findUserPlugin(deps, context, pluginId);
  if (found.kind !== "ok") return found;
  const { plugin, manifest } = found;
  const read = readCredentials(manifest, request);
  if (read.kind === "none_needed") return { kind: "none_needed", plugin };
  if (read.kind === "refused") return read;
  const { keyring } = deps;
  if (keyring === null) return { kind: "no_key" };

  const saved = await saveCredentials(deps, keyring, {
    userId: subject.userId,
    pluginId,
    manifest,
    values: read.values,
    grant: undefined,
  });
  if (saved.kind === "called_off") throw new Error("Nobody calls off what was entered");
  if (saved.kind !== "saved") return saved;
  const { row, connection } = saved;
  if (connection.status !== "connected") return { kind: "entered", connection };
  const identity = await fillExternalIdentity(deps, context, row, plugin);
  if (identity.kind === "filled") return { kind: "entered", connection: identity.connection };
  if (identity.kind !== "refused") return { kind: "entered", connection };
  await requireReconnection(deps.db, row, REFUSED);
  const refused = { status: "needs_reconnection", statusReason: REFUSED };
  return { kind: "entered", connection: toConnection({ ...row, ...refused }) };
}
