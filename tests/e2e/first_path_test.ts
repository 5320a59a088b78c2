/** The first whole path: import, grant, search, preview, apply, with locks and grants honoured. */
import assert from "node:assert/strict";
import {
  ApplyAnswer,
  ExecuteAnswer,
  type FieldPreview,
  HistoryPage,
  Locks,
  Plugin,
  PreviewAnswer,
  SearchAnswer,
  Series,
  SERIES_FIELDS,
  SeriesPage,
} from "@codex/protocol";
import { startFakeOpenLibrary } from "../../plugins/metadata-openlibrary/testing/fake_server.ts";
import { type Platform, startPlatform } from "../harness/platform.ts";
import type { ProcessRow } from "../harness/processes.ts";
import { createLibrary, grantPlugin, importLines, setUpAdmin } from "../harness/scenario.ts";

const LINES = Array.from({ length: 250 }, (_, index) => ({
  key: `series-${index}`,
  title: `Series ${index}`,
  metadata: { genres: ["Fantasy"], authors: [{ name: `Author ${index % 20}`, role: "author" }] },
  books: [1, 2].map((number) => ({
    key: `book-${index}-${number}`,
    title: `Book ${index}.${number}`,
    number,
    metadata: { isbn: String(9780000000000 + index * 2 + number) },
  })),
}));

Deno.test("a stranger imports a catalogue, grants plugins, previews and applies", async (t) => {
  await using platform = await startPlatform();
  await setUpAdmin(platform);
  const library = await createLibrary(platform, "Books");

  await t.step("the page at / says what runs and where the API docs are", async () => {
    const page = await (await fetch(platform.url)).text();
    for (const word of ["library", "plugin-host", "/api/docs"]) {
      assert.ok(page.includes(word), word);
    }
    const docs = await fetch(`${platform.url}/api/docs`);
    assert.equal(docs.status, 200);
    await docs.body?.cancel();
  });

  await t.step("the same file twice gives the same library", async () => {
    const first = await importLines(platform, library.id, LINES);
    assert.deepEqual([first.series.created, first.books.created, first.failed], [250, 500, 0]);
    const before = await allSeries(platform);
    const second = await importLines(platform, library.id, LINES);
    assert.deepEqual([second.series.unchanged, second.books.unchanged], [250, 500]);
    assert.deepEqual(await allSeries(platform), before);
    assert.equal(before.length, 250);
  });

  const echo = await grantPlugin(platform, "metadata-echo", {
    permissions: ["metadata:write:summary", "metadata:write:genres", "metadata:write:status"],
  });

  const target = (await platform.api.expect(SeriesPage, "GET", "/series?q=Series%20177")).items[0];
  assert.ok(target);
  const base = `/series/${target.id}/metadata`;

  await t.step("preview names a status for every field, with locks and grants told", async () => {
    await platform.api.expect(Locks, "PUT", `${base}/locks`, { genres: true });
    const found = await search(platform, echo.id, "series", { query: target.title });
    const externalId = found.results[0]?.externalId;
    assert.ok(externalId);

    const preview = await platform.api.expect(PreviewAnswer, "POST", `${base}/preview`, {
      pluginId: echo.id,
      externalId,
    });
    const fields = new Map(preview.fields.map((field) => [field.field, field]));
    assert.deepEqual([...fields.keys()].sort(), [...SERIES_FIELDS].sort());
    assert.equal(fields.get("summary")?.status, "will_apply");
    assert.equal(fields.get("genres")?.status, "locked");
    assert.equal(fields.get("publisher")?.status, "no_permission");

    const applied = await platform.api.expect(ApplyAnswer, "POST", `${base}/apply`, {
      pluginId: echo.id,
      externalId,
      snapshot: preview.snapshot,
    });
    assert.deepEqual(
      applied.appliedFields.toSorted(),
      preview.fields.filter(willApply).map((field) => field.field).sort(),
    );
    const after = await platform.api.expect(Series, "GET", `/series/${target.id}`);
    for (const field of preview.fields) {
      const now = Reflect.get(after.metadata, field.field) ?? null;
      assert.deepEqual(
        now,
        willApply(field) ? field.proposedValue : field.currentValue,
        field.field,
      );
    }
    assert.equal(after.provenance["summary"]?.pluginName, "metadata-echo");
    assert.equal(after.provenance["summary"]?.externalId, externalId);
  });

  await t.step("a stale snapshot is refused and nothing changes", async () => {
    const found = await search(platform, echo.id, "series", { query: target.title });
    const externalId = found.results[0]?.externalId;
    const preview = await platform.api.expect(PreviewAnswer, "POST", `${base}/preview`, {
      pluginId: echo.id,
      externalId,
    });
    await platform.api.expect(Series, "PATCH", `/series/${target.id}`, {
      metadata: { publisher: "Someone else" },
    });
    const before = await platform.api.expect(Series, "GET", `/series/${target.id}`);
    await platform.api.refused("snapshot_stale", "POST", `${base}/apply`, {
      pluginId: echo.id,
      externalId,
      snapshot: preview.snapshot,
    });
    assert.deepEqual(await platform.api.expect(Series, "GET", `/series/${target.id}`), before);
  });

  await t.step("a locked field and a field without grant are skipped by name", async () => {
    const found = await search(platform, echo.id, "series", { query: target.title });
    const answer = await platform.api.expect(ApplyAnswer, "POST", `${base}/apply`, {
      pluginId: echo.id,
      externalId: found.results[0]?.externalId,
      fields: ["genres", "tags", "publisher"],
    });
    assert.deepEqual(answer.appliedFields, []);
    const reasons = new Map(answer.skippedFields.map(({ field, reason }) => [field, reason]));
    assert.match(reasons.get("genres") ?? "", /lock/i);
    assert.match(reasons.get("tags") ?? "", /permission|grant/i);
    assert.match(reasons.get("publisher") ?? "", /lock/i);
  });

  await t.step("what was written can be found and undone", async () => {
    const history = await platform.api.expect(HistoryPage, "GET", `/series/${target.id}/history`);
    const written = history.items.find((entry) => entry.source === "plugin");
    assert.ok(written);
    await platform.api.call("POST", `/history/${written.id}/revert`);
    const after = await platform.api.expect(Series, "GET", `/series/${target.id}`);
    assert.equal(after.metadata.summary, target.metadata.summary);
  });

  await t.step(
    "kill -9 of the plugin in the middle of a search is a clear 502 at once",
    async () => {
      await platform.api.expect(Plugin, "PATCH", `/admin/plugins/${echo.id}`, {
        config: { delayMs: 20_000 },
      });
      // The process with the former settings goes first, so that it isn't taken for the new one.
      await untilProcesses(platform, "metadata-echo", (rows) => rows.length === 0);
      const hanging = platform.api.call("POST", `/plugins/${echo.id}/execute`, {
        action: { metadata: { action: "search", contentType: "series", params: { query: "x" } } },
      });
      const rows = await untilProcesses(platform, "metadata-echo", (found) => found.length > 0);
      const killedAt = performance.now();
      for (const { pid } of rows) killIfThere(pid);
      const answer = await hanging;
      assert.ok(performance.now() - killedAt < 1000, "The caller waited longer than a second");
      assert.equal(answer.status, 502);
      assert.equal((answer.body as { code: string }).code, "plugin_crashed");
      await platform.api.expect(Plugin, "PATCH", `/admin/plugins/${echo.id}`, { config: {} });
      const next = await search(platform, echo.id, "series", { query: "again" });
      assert.ok(next.results.length > 0);
    },
  );

  await t.step("The Hobbit through Open Library has authors and years", async () => {
    await using fake = startFakeOpenLibrary();
    const host = new URL(fake.url).host;
    const plugin = await grantPlugin(platform, "metadata-openlibrary", {
      config: { baseUrl: fake.url, contact: "test@example.org" },
      network: [host],
    });
    const found = await search(platform, plugin.id, "book", { query: "The Hobbit" });
    const hobbit = found.results[0];
    assert.ok(hobbit);
    assert.match(hobbit.title, /Hobbit/);
    assert.equal(hobbit.year, 1937);
    assert.ok(hobbit.preview?.authors.some((author) => author.includes("Tolkien")));
  });
});

function willApply(field: FieldPreview): boolean {
  return field.status === "will_apply";
}

async function allSeries(platform: Platform): Promise<Series[]> {
  const series: Series[] = [];
  let cursor: string | undefined;
  do {
    const page: SeriesPage = await platform.api.expect(
      SeriesPage,
      "GET",
      `/series?limit=100${cursor === undefined ? "" : `&cursor=${encodeURIComponent(cursor)}`}`,
    );
    series.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return series;
}

async function search(
  platform: Platform,
  pluginId: string,
  contentType: "series" | "book",
  params: Record<string, unknown>,
): Promise<SearchAnswer> {
  const answer = await platform.api.expect(ExecuteAnswer, "POST", `/plugins/${pluginId}/execute`, {
    action: { metadata: { action: "search", contentType, params } },
  });
  assert.ok(answer.success, JSON.stringify(answer.error));
  return SearchAnswer.parse(answer.result);
}

/** The processes of a plugin, its sandbox among them, once they are as they should be. */
async function untilProcesses(
  platform: Platform,
  name: string,
  isReached: (rows: readonly ProcessRow[]) => boolean,
): Promise<readonly ProcessRow[]> {
  const until = performance.now() + 60_000;
  while (performance.now() < until) {
    const rows = (await platform.processes()).filter(({ args }) => args.includes(`/${name}/`));
    if (isReached(rows)) return rows;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`The processes of "${name}" did not come or go in time`);
}

/** One that ends with another may be gone already. */
function killIfThere(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
