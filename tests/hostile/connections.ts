/** Calls of user plugins, as the sync service makes them: for a person's connection, with a ticket of auth. */
import { createAuthClient } from "@codex/auth/client";
import { createPluginHostClient } from "@codex/plugin-host/client";
import {
  type AuthService,
  type PluginHostService,
  type PluginId,
  SCOPES_OF_ROLE,
  SessionAnswer,
  type Subject,
  UserPlugin,
} from "@codex/protocol";
import { createIdentity, PrivateJwk, ProblemError, PublicJwks } from "@codex/service";
import type { ApiClient } from "../harness/api_client.ts";
import type { Platform } from "../harness/platform.ts";
import type { Outcome } from "./outcome.ts";

export interface ServiceUrls {
  readonly auth: string;
  readonly pluginHost: string;
}

/** A person of the platform, who connects plugins. */
export interface Person {
  readonly api: ApiClient;
  readonly subject: Subject;
}

export class Connections {
  readonly #auth: AuthService;
  readonly #pluginHost: PluginHostService;

  private constructor(auth: AuthService, pluginHost: PluginHostService) {
    this.#auth = auth;
    this.#pluginHost = pluginHost;
  }

  static async open(platform: Platform, urls: ServiceUrls): Promise<Connections> {
    const secrets = `${platform.dataDir}/secrets`;
    const read = async (name: string) => JSON.parse(await Deno.readTextFile(`${secrets}/${name}`));
    const identity = await createIdentity({
      service: "sync",
      privateKey: PrivateJwk.parse(await read("sync/service-key.json")),
      publicKeys: PublicJwks.parse(await read("public-keys.json")),
      now: Date.now,
    });
    return new Connections(
      createAuthClient({ identity, baseUrl: urls.auth }),
      createPluginHostClient({ identity, baseUrl: urls.pluginHost }),
    );
  }

  /** Makes a connection and gives its id. */
  async connect(person: Person, pluginId: PluginId): Promise<string> {
    const connection = await person.api.expect(
      UserPlugin,
      "POST",
      `/user/plugins/${pluginId}/enable`,
    );
    return connection.id;
  }

  async call(person: Person, pluginId: PluginId): Promise<Outcome> {
    const startedAt = performance.now();
    const elapsedMs = () => performance.now() - startedAt;
    const context = { requestId: crypto.randomUUID(), subject: person.subject };
    try {
      const { ticket } = await this.#auth.issueTicket(context, pluginId);
      const call = { method: "sync/getUserInfo", params: {}, ticket };
      const answer = await this.#pluginHost.callPlugin(context, pluginId, call);
      if (!answer.ok) return { error: answer.error, elapsedMs: elapsedMs() };
      const { username } = Object(answer.result) as { username: string };
      return { text: username, elapsedMs: elapsedMs() };
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      return {
        problem: { code: error.code, detail: error.message },
        elapsedMs: elapsedMs(),
      };
    }
  }
}

/** A new person with a session of their own; the platform's client must be an administrator's. */
export async function addPerson(platform: Platform, username: string): Promise<Person> {
  const password = crypto.randomUUID();
  const email = `${username}@example.org`;
  await platform.api.call("POST", "/users", { username, email, password, role: "reader" });
  const { accessToken, user } = await platform.api.expect(SessionAnswer, "POST", "/auth/login", {
    username,
    password,
  });
  return {
    api: platform.api.as(accessToken),
    subject: {
      userId: user.id,
      role: "reader",
      scopes: SCOPES_OF_ROLE.reader.slice(),
      fresh: true,
    },
  };
}
