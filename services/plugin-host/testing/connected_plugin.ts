/** For tests: the scripted plugin as a user plugin, with people who are connected to it. */
import { ConnectionId, type Json, type PluginId, UserId } from "@codex/protocol";
import { type Answer, type TestService, withService } from "./test_service.ts";

export interface Person {
  readonly userId: UserId;
  readonly connectionId: ConnectionId;
  readonly ticket: string;
}

export interface ConnectedPlugin {
  readonly id: PluginId;
  /** A new user with a connection, whose access token is `token of <userId>`. */
  connect(): Promise<Person>;
  /** Calls a method for a person as sync does, on a replica if not the first. */
  call(
    person: Person,
    method: string,
    params?: Record<string, Json>,
    on?: TestService,
  ): Promise<Answer>;
}

export async function withConnectedPlugin(
  body: (service: TestService, plugin: ConnectedPlugin) => Promise<void>,
  options?: Parameters<typeof withService>[1],
): Promise<void> {
  await withService(async (service) => {
    await service.install("scripted", { capabilities: { userReadSync: true }, permissions: [] });
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted", []);
    await body(service, {
      id,
      async connect() {
        const userId = UserId.parse(crypto.randomUUID());
        const connectionId = ConnectionId.parse(crypto.randomUUID());
        const ids = { userId, connectionId, pluginId: id };
        const ticket = await service.ticket(ids);
        service.auth.connect(ticket, ids, { access_token: `token of ${userId}` });
        return { userId, connectionId, ticket };
      },
      call: ({ ticket }, method, params = {}, on = service) =>
        on.request("POST", `/internal/plugins/${id}/call`, { method, params, ticket }, {
          service: "sync",
          subject: null,
        }),
    });
  }, options);
}
