/** The typed client of auth for other services. */
import { hc } from "hono/client";
import {
  type AuthService,
  Connection,
  ConnectionsAnswer,
  ConnectionSecrets,
  Empty,
  OauthOutcome,
  PluginSecrets,
  ResolveAnswer,
  StartedOauth,
  TicketAnswer,
} from "@codex/protocol";
import {
  createServiceFetch,
  readReply,
  type ServiceClientOptions,
  type ServiceReply,
} from "@codex/service";
import type { z } from "zod";
import type { App } from "./app.ts";

/** Two attempts at the provider and one at the plugin, each with a deadline of its own. */
const PROVIDER_DEADLINE_MS = 45_000;

export type AuthClientOptions = Omit<ServiceClientOptions, "audience">;

/** Every reply is checked by its schema; refusals come as `ProblemError`. */
export function createAuthClient(options: AuthClientOptions): AuthService {
  const fetchFor = createServiceFetch({ ...options, audience: "auth" });
  const { internal, vault } = hc<App>(options.baseUrl);
  const connection = internal.connections[":pluginId"];
  const plugin = vault.plugins[":pluginId"];

  async function read<Schema extends z.ZodType>(
    schema: Schema,
    reply: Promise<ServiceReply>,
  ): Promise<z.output<Schema>> {
    return await readReply("auth", schema, await reply);
  }

  return {
    async resolve(context, token) {
      const fetch = fetchFor(context);
      const reply = internal.principal.$post({ json: { token } }, { fetch });
      return (await read(ResolveAnswer, reply)).principal;
    },
    listConnections: (context) =>
      read(ConnectionsAnswer, internal.connections.$get({}, { fetch: fetchFor(context) })),
    enableConnection: (context, pluginId) =>
      read(
        Connection,
        connection.enable.$post({ param: { pluginId } }, { fetch: fetchFor(context) }),
      ),
    async disableConnection(context, pluginId) {
      const fetch = fetchFor(context);
      await read(Empty, connection.disable.$post({ param: { pluginId } }, { fetch }));
    },
    configureConnection: (context, pluginId, config) =>
      read(
        Connection,
        connection.config.$put(
          { param: { pluginId }, json: { config } },
          { fetch: fetchFor(context) },
        ),
      ),
    async disconnect(context, pluginId) {
      const fetch = fetchFor(context);
      await read(Empty, connection.$delete({ param: { pluginId } }, { fetch }));
    },
    setCredentials: (context, pluginId, request) =>
      read(
        Connection,
        connection.credentials.$put(
          { param: { pluginId }, json: request },
          { fetch: fetchFor(context, PROVIDER_DEADLINE_MS) },
        ),
      ),
    startOauth: (context, pluginId, sessionId) =>
      read(
        StartedOauth,
        internal.oauth.start[":pluginId"].$post(
          { param: { pluginId }, json: { sessionId } },
          { fetch: fetchFor(context) },
        ),
      ),
    finishOauth: (context, back) =>
      read(
        OauthOutcome,
        internal.oauth.finish.$post(
          { json: back },
          { fetch: fetchFor(context, PROVIDER_DEADLINE_MS) },
        ),
      ),
    issueTicket: (context, pluginId) =>
      read(
        TicketAnswer,
        connection.ticket.$post({ param: { pluginId } }, { fetch: fetchFor(context) }),
      ),
    renewTicket: (context, ticket) =>
      read(
        TicketAnswer,
        internal.tickets.renew.$post({ json: { ticket } }, { fetch: fetchFor(context) }),
      ),
    releaseConnectionSecrets: (context, ticket) =>
      read(
        ConnectionSecrets,
        vault.connections.release.$post({ json: { ticket } }, { fetch: fetchFor(context) }),
      ),
    async reportAuthFailure(context, ticket, reason) {
      const fetch = fetchFor(context);
      const json = { ticket, reason };
      await read(Empty, internal.tickets["auth-failure"].$post({ json }, { fetch }));
    },
    async putPluginSecrets(context, pluginId, change) {
      const fetch = fetchFor(context);
      await read(Empty, plugin.$put({ param: { pluginId }, json: change }, { fetch }));
    },
    getPluginSecrets: (context, pluginId) =>
      read(PluginSecrets, plugin.$get({ param: { pluginId } }, { fetch: fetchFor(context) })),
    async deletePlugin(context, pluginId) {
      const fetch = fetchFor(context);
      await read(Empty, plugin.$delete({ param: { pluginId } }, { fetch }));
    },
    async appendAudit(context, entry) {
      const fetch = fetchFor(context);
      await read(Empty, internal.audit.$post({ json: entry }, { fetch }));
    },
  };
}
