/** Calls the services of a running platform as sync does, with the key that the platform made for it. */
import { createAuthClient } from "@codex/auth/client";
import { createPluginHostClient } from "@codex/plugin-host/client";
import {
  type Json,
  type PluginCallAnswer,
  type PluginId,
  SCOPES_OF_ROLE,
  type Subject,
  type TicketAnswer,
  type UserId,
} from "@codex/protocol";
import { createIdentity, PrivateJwk, PublicJwks } from "@codex/service";
import { freePorts } from "../../infra/ports.ts";
import type { Platform } from "./platform.ts";

export interface ServicePorts {
  /** For the platform's environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly authUrl: string;
  readonly pluginHostUrl: string;
}

/** Ports that are free now, so that a test knows where the services will be. */
export function chooseServicePorts(): ServicePorts {
  const [auth, pluginHost] = freePorts(2);
  return {
    env: { CODEX_AUTH_PORT: String(auth), CODEX_PLUGIN_HOST_PORT: String(pluginHost) },
    authUrl: `http://127.0.0.1:${auth}`,
    pluginHostUrl: `http://127.0.0.1:${pluginHost}`,
  };
}

export interface ServicePeer {
  ticket(userId: UserId, pluginId: PluginId): Promise<TicketAnswer>;
  /** Calls a user plugin for a user's connection. */
  callPlugin(
    userId: UserId,
    pluginId: PluginId,
    method: string,
    params: Record<string, Json>,
  ): Promise<PluginCallAnswer>;
}

export async function actAsSync(platform: Platform, ports: ServicePorts): Promise<ServicePeer> {
  const read = async (name: string): Promise<unknown> =>
    JSON.parse(await Deno.readTextFile(`${platform.dataDir}/secrets/${name}`));
  const identity = await createIdentity({
    service: "sync",
    privateKey: PrivateJwk.parse(await read("sync/service-key.json")),
    publicKeys: PublicJwks.parse(await read("public-keys.json")),
    now: Date.now,
  });
  const auth = createAuthClient({ identity, baseUrl: ports.authUrl });
  const pluginHost = createPluginHostClient({ identity, baseUrl: ports.pluginHostUrl });
  const contextOf = (userId: UserId) => {
    const subject: Subject = {
      userId,
      role: "reader",
      scopes: [...SCOPES_OF_ROLE.reader],
      fresh: false,
    };
    return { requestId: crypto.randomUUID(), subject };
  };
  const ticket: ServicePeer["ticket"] = (userId, pluginId) =>
    auth.issueTicket(contextOf(userId), pluginId);
  return {
    ticket,
    async callPlugin(userId, pluginId, method, params) {
      const { ticket: held } = await ticket(userId, pluginId);
      const call = { method, params, ticket: held };
      return await pluginHost.callPlugin(contextOf(userId), pluginId, call);
    },
  };
}
