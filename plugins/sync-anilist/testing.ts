/** A connected plugin and the fake AniList that it is connected to, in memory. */
import type { JsonValue, PullAnswer, PushAnswer, SyncEntry } from "@codex/plugin-sdk";
import { startTestHost, type TestHost, VirtualClock } from "@codex/plugin-sdk/testing";
import { FakeAnilist, type FakeOptions } from "../../tests/fakes/anilist/fake_anilist.ts";
import type { FakeUser } from "../../tests/fakes/anilist/resolvers.ts";
import { createSyncAnilist } from "./plugin.ts";

export const TOKEN = "t0ken";
/** When every test begins. */
export const START = Date.UTC(2026, 5, 1);

export interface Connected {
  readonly fake: FakeAnilist;
  readonly reader: FakeUser;
  readonly host: TestHost;
  readonly clock: VirtualClock;
  push(...entries: Partial<SyncEntry>[]): Promise<PushAnswer>;
  pull(params?: object): Promise<PullAnswer & { hasMore: boolean }>;
}

export interface ConnectOptions extends FakeOptions {
  readonly token?: string | null;
  readonly userConfig?: Record<string, JsonValue>;
  readonly requestTimeoutSeconds?: number;
}

export async function withPlugin(
  test: (connected: Connected) => Promise<void>,
  options: ConnectOptions = {},
): Promise<void> {
  const { token = TOKEN, userConfig = {}, requestTimeoutSeconds = 30, ...fakeOptions } = options;
  const clock = new VirtualClock();
  const now = () => START + clock.now();
  const fake = new FakeAnilist({ now, ...fakeOptions });
  const reader = fake.addUser("reader", TOKEN);
  const plugin = createSyncAnilist({ fetch: fake.fetch, clock, now });
  const credentials: Record<string, string> = token === null ? {} : { access_token: token };
  const host = await startTestHost(plugin, { credentials, userConfig, requestTimeoutSeconds });
  try {
    await test({
      fake,
      reader,
      host,
      clock,
      push: (...entries) => {
        const whole = entries.map((entry) => ({ externalId: "1", status: "reading", ...entry }));
        return host.call("sync/pushProgress", { entries: whole }) as Promise<PushAnswer>;
      },
      pull: (params = {}) =>
        host.call("sync/pullProgress", params) as Promise<PullAnswer & { hasMore: boolean }>,
    });
  } finally {
    await host.stop();
  }
}
