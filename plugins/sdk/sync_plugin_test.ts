import assert from "node:assert/strict";
import { AuthFailedError, ConfigurationError, HostError } from "./errors.ts";
import type { ManifestInput } from "./manifest.ts";
import type { CallContext } from "./plugin.ts";
import type { PushParams, SyncEntry } from "./sync.ts";
import { createSyncPlugin, type SyncPluginOptions } from "./sync_plugin.ts";
import { startTestHost, type TestSession } from "./testing.ts";

const manifest: ManifestInput = {
  name: "test",
  displayName: "Test",
  version: "1.0.0",
  description: "",
  author: "Codex",
  capabilities: { externalIdSource: "api:test" },
};

const minimal: SyncPluginOptions = {
  manifest,
  getUserInfo: () => ({ externalId: "7", username: "reader" }),
  pushProgress: () => ({}),
  pullProgress: () => ({ entries: [] }),
};

async function answerOf(
  options: Partial<SyncPluginOptions>,
  method: string,
  params: unknown = {},
  session: TestSession = {},
) {
  const host = await startTestHost(createSyncPlugin({ ...minimal, ...options }), session);
  try {
    return await host.call(method, params);
  } finally {
    await host.stop();
  }
}

Deno.test("the manifest says that it syncs, beside what the author declares", () => {
  assert.deepEqual(createSyncPlugin(minimal).manifest.capabilities, {
    externalIdSource: "api:test",
    userReadSync: true,
  });
});

Deno.test("manifestFor answers initialize by the settings, and may refuse them", async () => {
  const options: Partial<SyncPluginOptions> = {
    manifestFor: ({ adminConfig }) => {
      if (adminConfig.url === undefined) throw new ConfigurationError('"url" is missing');
      return { ...manifest, homepage: String(adminConfig.url) };
    },
  };
  const plugin = createSyncPlugin({ ...minimal, ...options });
  const host = await startTestHost(plugin, { adminConfig: { url: "https://a.example" } });
  assert.equal(host.manifest.homepage, "https://a.example");
  assert.equal(host.manifest.capabilities.userReadSync, true);
  assert.equal(plugin.manifest.homepage, undefined);
  await host.stop();
  await assert.rejects(startTestHost(plugin), new HostError(-32005, '"url" is missing'));
});

Deno.test("getUserInfo answers as it is, and a typed error crosses", async () => {
  assert.deepEqual(await answerOf({}, "sync/getUserInfo"), { externalId: "7", username: "reader" });
  const getUserInfo = () => {
    throw new AuthFailedError("Connect again");
  };
  const refused = answerOf({ getUserInfo }, "sync/getUserInfo");
  await assert.rejects(refused, new HostError(-32003, "Connect again"));
});

Deno.test("status is not offered without a handler; with one, missing counts are 0", async () => {
  await assert.rejects(answerOf({}, "sync/status"), { code: -32601 });
  const status = () => ({ externalCount: 5 });
  assert.deepEqual(await answerOf({ status }, "sync/status"), {
    externalCount: 5,
    pendingPush: 0,
    pendingPull: 0,
    conflicts: 0,
  });
});

Deno.test("handlers get every known field of an entry, opaque ones untouched, null as missing", async () => {
  const entry = {
    externalId: "",
    status: "reading",
    progress: {
      volumes: 3,
      maxVolume: 3.5,
      chapters: null,
      readBooks: [{ volume: 1, completed: true, currentPage: 7, progressPercentage: 100 }],
    },
    score: 87.5,
    startedAt: "2026-01-02T03:04:05+02:00",
    notes: null,
    title: "Dune",
    genres: ["A"],
    metadata: { any: [null, 1] },
    unknown: 1,
  };
  let seen: PushParams | undefined;
  const pushProgress = (params: PushParams) => {
    seen = params;
    return {};
  };
  await answerOf({ pushProgress }, "sync/pushProgress", { entries: [entry] });
  assert.deepEqual(JSON.parse(JSON.stringify(seen)), {
    entries: [{
      externalId: "",
      status: "reading",
      progress: {
        volumes: 3,
        maxVolume: 3.5,
        readBooks: [{ volume: 1, completed: true, currentPage: 7, progressPercentage: 100 }],
      },
      score: 87.5,
      startedAt: "2026-01-02T03:04:05+02:00",
      title: "Dune",
      genres: ["A"],
      metadata: { any: [null, 1] },
    }],
  });
});

Deno.test("wrong params are refused, and every wrong field is named with its place", async () => {
  const cases: [string, unknown, string][] = [
    ["sync/pushProgress", {}, '"entries" must be a list'],
    ["sync/pushProgress", { entries: [1] }, '"entries[0]" must be an object'],
    [
      "sync/pushProgress",
      {
        entries: [{ externalId: "1", status: "reading" }, {
          status: "finished",
          score: 101,
          startedAt: "yesterday",
          progress: { volumes: -1, readBooks: [{}] },
        }],
      },
      '"entries[1].externalId" must be a string; ' +
      '"entries[1].status" must be one of reading, completed, on_hold, dropped, plan_to_read; ' +
      '"entries[1].progress.volumes" must be a number of 0 or more; ' +
      '"entries[1].progress.readBooks[0].completed" must be true or false; ' +
      '"entries[1].score" must be a number from 0 to 100; ' +
      '"entries[1].startedAt" must be an ISO 8601 time',
    ],
    [
      "sync/pushProgress",
      { entries: [{ externalId: "1", progress: 1 }] },
      [
        '"entries[0].status" must be one of reading, completed, on_hold, dropped, plan_to_read',
        '"entries[0].progress" must be an object',
      ].join("; "),
    ],
    [
      "sync/pullProgress",
      { since: "now", limit: 0, cursor: 3 },
      '"since" must be an ISO 8601 time; "limit" must be a whole number of 1 or more; ' +
      '"cursor" must be a string',
    ],
    ["sync/getUserInfo", [], "Params must be an object"],
  ];
  for (const [method, params, message] of cases) {
    await assert.rejects(answerOf({}, method, params), new HostError(-32602, message));
  }
});

Deno.test("results are sorted by status, with their additions", async () => {
  const created = { externalId: "1", status: "created" } as const;
  const limited = {
    externalId: "2",
    status: "failed",
    error: "Later",
    errorCode: -32001,
    retryAfterSeconds: 60,
  } as const;
  const answer = await answerOf(
    { pushProgress: () => ({ success: [limited, created] }) },
    "sync/pushProgress",
    { entries: [] },
  );
  assert.deepEqual(answer, { success: [created], failed: [limited] });
});

Deno.test("hasMore follows from nextCursor", async () => {
  const entry: SyncEntry = { externalId: "1", status: "reading" };
  const pullProgress = ({ cursor }: { cursor?: string | undefined }) =>
    cursor === undefined ? { entries: [entry], nextCursor: "2" } : { entries: [] };
  assert.deepEqual(await answerOf({ pullProgress }, "sync/pullProgress", { limit: 1 }), {
    entries: [entry],
    nextCursor: "2",
    hasMore: true,
  });
  assert.deepEqual(await answerOf({ pullProgress }, "sync/pullProgress", { cursor: "2" }), {
    entries: [],
    hasMore: false,
  });
});

Deno.test("answers that the host would refuse are an internal error that names the handler", async () => {
  // What an author without type checking can write.
  const wrong = (value: unknown) => () => value as never;
  const cases: [keyof SyncPluginOptions, unknown, RegExp][] = [
    ["getUserInfo", { externalId: "7" }, /"getUserInfo" must return/],
    ["pushProgress", null, /"pushProgress" must return/],
    ["pushProgress", { success: [{ status: "created" }] }, /"externalId"/],
    ["pushProgress", { failed: [{ externalId: "1", status: "lost" }] }, /needs a "status"/],
    ["pullProgress", {}, /"pullProgress" must return/],
    ["pullProgress", { entries: [{ externalId: "", status: "reading" }] }, /"externalId"/],
    ["pullProgress", { entries: [{ externalId: "1", status: "CURRENT" }] }, /needs a "status"/],
  ];
  for (const [handler, value, message] of cases) {
    const answer = answerOf({ [handler]: wrong(value) }, `sync/${handler}`, { entries: [] });
    await assert.rejects(answer, { code: -32603, message });
  }
});

Deno.test("a call that the host gives up fires the handler's signal", async () => {
  let context: CallContext | undefined;
  const host = await startTestHost(createSyncPlugin({
    ...minimal,
    pullProgress: (_params, given) => {
      context = given;
      return new Promise((_, reject) => {
        given.signal.addEventListener("abort", () => reject(given.signal.reason));
      });
    },
  }));
  const givenUp = new AbortController();
  const call = host.call("sync/pullProgress", {}, givenUp.signal);
  while (context === undefined) await Promise.resolve();
  givenUp.abort();
  await assert.rejects(call, { fault: "cancelled" });
  await host.stop();
  assert.ok(context.signal.aborted);
});

Deno.test("a handler knows how long the host waits: as told, else 30 s", async () => {
  const left: number[] = [];
  const status = (_params: unknown, { timeLeftMs }: CallContext) => {
    left.push(timeLeftMs());
    return {};
  };
  await answerOf({ status }, "sync/status");
  await answerOf({ status }, "sync/status", {}, { requestTimeoutSeconds: 300 });
  const [byDefault = 0, told = 0] = left;
  assert.ok(byDefault > 25_000 && byDefault <= 30_000, `${byDefault}`);
  assert.ok(told > 295_000 && told <= 300_000, `${told}`);
});
