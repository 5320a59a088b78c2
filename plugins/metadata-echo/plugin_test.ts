import assert from "node:assert/strict";
import { metadataMethods, readWire } from "@codex/protocol";
import type { JsonValue, MatchAnswer, SearchAnswer } from "@codex/plugin-sdk";
import { startTestHost, type TestHost } from "@codex/plugin-sdk/testing";
import { createEchoPlugin } from "./plugin.ts";

async function withEcho(
  adminConfig: Record<string, JsonValue>,
  test: (host: TestHost) => Promise<void>,
): Promise<void> {
  const host = await startTestHost(createEchoPlugin(), { adminConfig });
  try {
    await test(host);
  } finally {
    await host.stop();
  }
}

Deno.test("get fills every field that the protocol has, and the host leaves none out", () =>
  withEcho({}, async (host) => {
    for (const type of ["series", "book"] as const) {
      const { answer } = metadataMethods[type].get;
      const raw = await host.call(`metadata/${type}/get`, { externalId: "1:The Hobbit" });
      const read = readWire(answer, raw);
      assert.ok(read.ok, JSON.stringify(read));
      assert.deepEqual(read.ignored, []);
      // No method of version 1 fills customMetadata.
      const expected = Object.keys(answer.shape).filter((field) => field !== "customMetadata");
      const filled = Object.entries(read.value).filter(([, value]) => !isEmpty(value));
      assert.deepEqual(filled.map(([field]) => field).sort(), expected.sort());
    }
  }));

Deno.test("search and match answers satisfy the protocol, with every field of a result filled", () =>
  withEcho({}, async (host) => {
    for (const type of ["series", "book"] as const) {
      const search = await host.call(`metadata/${type}/search`, { query: "The Hobbit", limit: 2 });
      const read = readWire(metadataMethods[type].search.answer, search);
      assert.ok(read.ok, JSON.stringify(read));
      assert.deepEqual(read.ignored, []);
      const [first] = read.value.results;
      assert.equal(first?.title, "The Hobbit");
      assert.deepEqual(first?.preview?.authors, ["Author of The Hobbit"]);
      assert.equal(Object.values({ ...first, ...first?.preview }).some(isEmpty), false);

      const match = await host.call(`metadata/${type}/match`, { title: "The Hobbit" });
      const readMatch = readWire(metadataMethods[type].match.answer, match);
      assert.ok(readMatch.ok && readMatch.value.confidence === 1);
    }
  }));

Deno.test("the same question has the same answer, and get agrees with search", async () => {
  const answers: unknown[] = [];
  for (let start = 0; start < 2; start++) {
    await withEcho({}, async (host) => {
      const answer = await host.call("metadata/book/search", { isbn: "9780261102217" });
      const [result] = (answer as SearchAnswer).results;
      const book = await host.call("metadata/book/get", { externalId: result?.externalId });
      assert.equal((book as { year: number }).year, result?.year);
      answers.push(answer, book);
    });
  }
  assert.deepEqual(answers.slice(2), answers.slice(0, 2));
});

Deno.test("pages follow each other by cursor until all results were seen once", () =>
  withEcho({ resultCount: 25 }, async (host) => {
    const ids: string[] = [];
    const sizes: number[] = [];
    let cursor: string | undefined;
    do {
      const params = { query: "Dune", limit: 10, cursor };
      const page = await host.call("metadata/series/search", params) as SearchAnswer;
      sizes.push(page.results.length);
      ids.push(...page.results.map(({ externalId }) => externalId));
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    assert.deepEqual(sizes, [10, 10, 5]);
    assert.equal(new Set(ids).size, 25);
    const odd = { query: "Dune", cursor: "odd" };
    assert.deepEqual(await host.call("metadata/series/search", odd), { results: [] });
  }));

Deno.test("an id of another source is not found", () =>
  withEcho({}, async (host) => {
    for (const externalId of ["OL45804W", "0:x", "1:"]) {
      await assert.rejects(host.call("metadata/series/get", { externalId }), { code: -32002 });
    }
  }));

Deno.test("resultCount 0 finds and matches nothing", () =>
  withEcho({ resultCount: 0 }, async (host) => {
    const search = await host.call("metadata/book/search", { query: "Dune" }) as SearchAnswer;
    assert.deepEqual(search.results, []);
    const match = await host.call("metadata/book/match", { title: "Dune" }) as MatchAnswer;
    assert.equal(match.match, null);
    assert.equal(match.confidence, 0);
  }));

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
      await assert.rejects(host.call("metadata/book/search", { query: "Dune" }), { code });
      await assert.rejects(host.call("metadata/series/get", { externalId: "1:Dune" }), { code });
      assert.equal(await host.call("ping"), "pong");
    });
  }
});

Deno.test("delayMs delays the answer, and giving the call up ends the delay", () =>
  withEcho({ delayMs: 30 }, async (host) => {
    const start = performance.now();
    await host.call("metadata/series/search", { query: "Dune" });
    assert.ok(performance.now() - start >= 25);
    const givenUp = new AbortController();
    const call = host.call("metadata/series/search", { query: "Dune" }, givenUp.signal);
    givenUp.abort();
    await assert.rejects(call, { fault: "cancelled" });
  }));

Deno.test("a wrong setting refuses the start and is named", async () => {
  const wrong: [Record<string, JsonValue>, RegExp][] = [
    [{ delayMs: -1 }, /"delayMs"/],
    [{ resultCount: "3" }, /"resultCount"/],
    [{ failWith: "toString" }, /"failWith"/],
  ];
  for (const [adminConfig, message] of wrong) {
    await assert.rejects(startTestHost(createEchoPlugin(), { adminConfig }), {
      code: -32005,
      message,
    });
  }
});

Deno.test("codex-plugin.json and the manifest agree", async () => {
  const file = JSON.parse(
    await Deno.readTextFile(new URL("./codex-plugin.json", import.meta.url)),
  );
  const { manifest } = createEchoPlugin();
  assert.deepEqual(
    [file.name, file.displayName, file.version],
    [manifest.name, manifest.displayName, manifest.version],
  );
});

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}
