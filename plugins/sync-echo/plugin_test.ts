import assert from "node:assert/strict";
import { Manifest, pluginTypeOf, readWire, syncMethods } from "@codex/protocol";
import type { JsonValue, PullAnswer, PushAnswer } from "@codex/plugin-sdk";
import { readCalls } from "@codex/plugin-sdk/call-record";
import { startTestHost, type TestHost, type TestSession } from "@codex/plugin-sdk/testing";
import { createSyncEcho } from "./plugin.ts";

async function withEcho(
  adminConfig: Record<string, JsonValue>,
  test: (host: TestHost) => Promise<void>,
  session: TestSession = {},
): Promise<void> {
  const host = await startTestHost(createSyncEcho(), { adminConfig, ...session });
  await test(host);
  await host.stop();
}

const push = (host: TestHost, ...externalIds: string[]) =>
  host.call("sync/pushProgress", {
    entries: externalIds.map((externalId) => ({ externalId, status: "reading" })),
  }) as Promise<PushAnswer>;

Deno.test("every answer satisfies the protocol, with nothing left out", () =>
  withEcho({}, async (host) => {
    const params = { entries: [{ externalId: "", status: "reading", title: "Dune" }] };
    const answers: [keyof typeof syncMethods, unknown][] = [
      ["sync/getUserInfo", {}],
      ["sync/pullProgress", {}],
      ["sync/pushProgress", params],
      ["sync/status", {}],
    ];
    for (const [method, given] of answers) {
      const read = readWire(syncMethods[method].answer, await host.call(method, given));
      assert.ok(read.ok, `${method} ${JSON.stringify(read)}`);
      assert.deepEqual(read.ignored, []);
    }
  }));

Deno.test("pages follow each other by cursor until every entry was seen once, the same every time", async () => {
  const seen: unknown[][] = [];
  for (let start = 0; start < 2; start++) {
    await withEcho({ entryCount: 120, pageSize: 50, titles: ["Dune"] }, async (host) => {
      const entries: PullAnswer["entries"][number][] = [];
      const sizes: number[] = [];
      let cursor: string | undefined;
      do {
        const page = await host.call("sync/pullProgress", { cursor }) as PullAnswer;
        sizes.push(page.entries.length);
        entries.push(...page.entries);
        cursor = page.nextCursor;
      } while (cursor !== undefined);
      assert.deepEqual(sizes, [50, 50, 20]);
      assert.equal(new Set(entries.map(({ externalId }) => externalId)).size, 120);
      assert.deepEqual(entries.slice(0, 2).map(({ externalId }) => externalId), [
        "1:Dune",
        "1:Echo series 2",
      ]);
      seen.push(entries);
    });
  }
  assert.deepEqual(seen[1], seen[0]);
});

Deno.test("since leaves out what didn't change, limit makes pages smaller", () =>
  withEcho({ entryCount: 10 }, async (host) => {
    const since = "2026-01-01T04:00:00.000Z";
    const page = await host.call("sync/pullProgress", { since, limit: 2 }) as PullAnswer;
    const changes = page.entries.map(({ latestUpdatedAt }) => latestUpdatedAt);
    assert.deepEqual(changes, ["2026-01-01T04:00:00.000Z", "2026-01-01T05:00:00.000Z"]);
    assert.equal(page.nextCursor, "6");
    const later = { since: "2027-01-01T00:00:00Z" };
    assert.deepEqual(await host.call("sync/pullProgress", later), { entries: [], hasMore: false });
    await assert.rejects(host.call("sync/pullProgress", { cursor: "odd" }), { code: -32602 });
  }));

Deno.test("a push updates what the account has, creates the rest, and fails what it was told to", () =>
  withEcho({ titles: ["Dune"], failIds: ["1:Bad"], failEvery: 4 }, async (host) => {
    const answer = await push(host, "1:Dune", "1:Bad", "1:New", "1:Fourth");
    assert.deepEqual(answer.success, [
      { externalId: "1:Dune", status: "updated" },
      { externalId: "1:New", status: "created" },
    ]);
    assert.deepEqual(answer.failed?.map(({ externalId }) => externalId), ["1:Bad", "1:Fourth"]);
  }));

Deno.test("an entry without an id is found by its title, which the result tells", () =>
  withEcho({}, async (host) => {
    const entries = [{ externalId: "", status: "reading", title: "Dune" }];
    assert.deepEqual(await host.call("sync/pushProgress", { entries }), {
      success: [{ externalId: "1:Dune", title: "Dune", status: "created" }],
      failed: [],
    });
  }));

Deno.test("the manifest asks for what the setting auth says, and for nothing by default", async () => {
  await withEcho({}, (host) => {
    const manifest = Manifest.parse(host.manifest);
    assert.equal(pluginTypeOf(manifest.capabilities), "user");
    assert.deepEqual([manifest.oauth, manifest.requiredCredentials], [undefined, []]);
    return Promise.resolve();
  });
  await withEcho({ auth: "token" }, (host) => {
    const manifest = Manifest.parse(host.manifest);
    assert.equal(manifest.requiredCredentials[0]?.key, "access_token");
    return Promise.resolve();
  });
  const oauth = {
    authorizationUrl: "https://provider.example/authorize?audience=x",
    tokenUrl: "https://provider.example/token",
    scopes: ["read"],
    pkce: false,
  };
  const wants = { wantsDetailedProgress: true, wantsFullMetadata: true };
  await withEcho({ auth: "oauth", ...oauth, ...wants }, (host) => {
    const manifest = Manifest.parse(host.manifest);
    assert.deepEqual(manifest.oauth, oauth);
    assert.equal(manifest.capabilities.wantsDetailedProgress, true);
    assert.equal(manifest.capabilities.wantsFullMetadata, true);
    return Promise.resolve();
  });
});

Deno.test("with auth token or oauth a call without a token fails as unauthorized", async () => {
  await withEcho({ auth: "token" }, async (host) => {
    await assert.rejects(host.call("sync/getUserInfo"), { code: -32003 });
  });
  const credentials = { access_token: "t0ken" };
  await withEcho({ auth: "token" }, async (host) => {
    const { username } = await host.call("sync/getUserInfo") as { username: string };
    assert.equal(username, "reader");
  }, { credentials, userConfig: { username: "reader" } });
});

Deno.test("failWith fails every call with the code of its name, but not ping", async () => {
  const codes = {
    rate_limited: -32001,
    not_found: -32002,
    auth_failed: -32003,
    external_api: -32004,
    configuration: -32005,
    internal: -32603,
  };
  for (const [failWith, code] of Object.entries(codes)) {
    await withEcho({ failWith }, async (host) => {
      const data = failWith === "rate_limited" ? { retryAfterSeconds: 30 } : undefined;
      await assert.rejects(host.call("sync/pullProgress"), { code, data });
      assert.equal(await host.call("ping"), "pong");
    });
  }
});

Deno.test("what was asked is told in the log, without the token", () =>
  withEcho({ auth: "token" }, async (host) => {
    await push(host, "1:Dune");
    await host.call("sync/pullProgress", { cursor: "0" });
    assert.equal(host.log.join().includes("t0ken"), false);
    const calls = readCalls(host.log);
    assert.deepEqual(calls.map(({ method }) => method), [
      "initialize",
      "sync/pushProgress",
      "sync/pullProgress",
    ]);
    assert.match(JSON.stringify(calls[1]?.params), /"externalId":"1:Dune"/);
  }, { credentials: { access_token: "t0ken" } }));

Deno.test("a wrong setting refuses the start, and every wrong one is named", async () => {
  const wrong: [Record<string, JsonValue>, RegExp][] = [
    [{ entryCount: -1, pageSize: 0 }, /"entryCount".*"pageSize"/],
    [{ auth: "basic" }, /"auth"/],
    [{ auth: "oauth" }, /"authorizationUrl".*"tokenUrl"/],
    [{ failWith: "toString" }, /"failWith"/],
  ];
  for (const [adminConfig, message] of wrong) {
    await assert.rejects(withEcho(adminConfig, () => Promise.resolve()), { code: -32005, message });
  }
});

Deno.test("codex-plugin.json and the manifest agree", async () => {
  const file = JSON.parse(await Deno.readTextFile(new URL("./codex-plugin.json", import.meta.url)));
  const { manifest } = createSyncEcho();
  assert.deepEqual(
    [file.name, file.displayName, file.version],
    [manifest.name, manifest.displayName, manifest.version],
  );
});
