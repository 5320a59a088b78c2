import assert from "node:assert/strict";
import {
  ApplyAnswer,
  Book,
  BOOK_FIELDS,
  HistoryPage,
  type LibraryId,
  Locks,
  PreviewAnswer,
  Series,
  SERIES_FIELDS,
} from "@codex/protocol";
import { FakeRpcError } from "../testing/fake_plugin_host.ts";
import { createScene } from "../testing/enrichment_scene.ts";

Deno.test("preview tells the status of every field of a series and of a book", async () => {
  await using scene = await createScene({
    permissions: ["metadata:write:title", "metadata:write:genres", "metadata:write:year"],
  });
  const { fixture, series, book, request } = scene;
  const url = `/series/${series.id}/metadata`;
  await fixture.expect(Locks, "PUT", `${url}/locks`, { genres: true });
  const preview = await fixture.expect(PreviewAnswer, "POST", `${url}/preview`, request);
  assert.deepEqual(preview.fields.map(({ field }) => field), SERIES_FIELDS);
  const status = new Map(preview.fields.map((field) => [field.field, field.status]));
  assert.deepEqual(
    ["title", "genres", "summary", "year", "tags"].map((field) => status.get(field)),
    ["will_apply", "locked", "no_permission", "unchanged", "not_provided"],
  );
  assert.equal(preview.summary.willApply, 1);
  assert.equal(preview.externalUrl, "https://plugin.example/42");
  assert.equal(preview.pluginName, "metadata-fake");

  const ofBook = await fixture.expect(
    PreviewAnswer,
    "POST",
    `/books/${book.id}/metadata/preview`,
    request,
  );
  assert.deepEqual(ofBook.fields.map(({ field }) => field), BOOK_FIELDS);
  assert.deepEqual(fixture.pluginHost.calls.map(({ method, params }) => [method, params]), [
    ["metadata/series/get", { externalId: "42" }],
    ["metadata/book/get", { externalId: "42" }],
  ]);
});

Deno.test("apply writes exactly what preview said, with provenance and one history entry", async () => {
  await using scene = await createScene({ capabilities: { externalIdSource: "api:fake" } });
  const { fixture, request } = scene;
  for (const [kind, id] of [["series", scene.series.id], ["books", scene.book.id]] as const) {
    const url = `/${kind}/${id}`;
    const schema = kind === "series" ? Series : Book;
    const before = await fixture.expect(schema, "GET", url);
    await fixture.expect(Locks, "PUT", `${url}/metadata/locks`, { summary: true });
    const preview = await fixture.expect(
      PreviewAnswer,
      "POST",
      `${url}/metadata/preview`,
      request,
    );
    const applied = await fixture.expect(ApplyAnswer, "POST", `${url}/metadata/apply`, {
      ...request,
      snapshot: preview.snapshot,
    });
    const willApply = preview.fields.filter(({ status }) => status === "will_apply");
    assert.deepEqual(applied.appliedFields, willApply.map(({ field }) => field));
    assert.deepEqual(applied.skippedFields, [
      { field: "summary", reason: "The field is locked" },
    ]);
    assert.equal(applied.success, true);

    const after = await fixture.expect(schema, "GET", url);
    for (const { field, status, currentValue, proposedValue } of preview.fields) {
      const now = Reflect.get(after.metadata, field) ?? null;
      assert.deepEqual(now, status === "will_apply" ? proposedValue : currentValue, field);
      const provenance = after.provenance[field];
      if (status !== "will_apply") assert.deepEqual(provenance, before.provenance[field]);
      else {
        assert.deepEqual(provenance, {
          source: "plugin",
          at: new Date(fixture.clock.now()).toISOString(),
          pluginId: request.pluginId,
          pluginName: "metadata-fake",
          pluginVersion: "1.2.3",
          externalId: "42",
        });
      }
    }
    assert.equal(after.titleSort, "hobbit, the");
    assert.deepEqual(after.externalIds.map(({ source, externalId }) => [source, externalId]), [
      ["api:fake", "42"],
    ]);
    const { items } = await fixture.expect(HistoryPage, "GET", `${url}/history`);
    assert.equal(items.length, 1);
    assert.equal(items[0]?.userId, fixture.admin.userId);
    assert.deepEqual(items[0]?.changes.map(({ field }) => field), applied.appliedFields);
  }
  assert.equal((await fixture.find("9780261102217")).id, scene.series.id);
});

Deno.test("each field asked for and not written is named with its reason", async () => {
  await using scene = await createScene({
    permissions: ["metadata:write:title", "metadata:write:year", "metadata:write:genres"],
  });
  const { fixture, series, request } = scene;
  const url = `/series/${series.id}/metadata`;
  await fixture.expect(Locks, "PUT", `${url}/locks`, { genres: true });
  const fields = ["title", "genres", "summary", "year", "tags"];
  const answer = await fixture.expect(ApplyAnswer, "POST", `${url}/apply`, { ...request, fields });
  assert.deepEqual(answer.appliedFields, ["title"]);
  const reasons = new Map(answer.skippedFields.map(({ field, reason }) => [field, reason]));
  assert.match(reasons.get("genres") ?? "", /locked/);
  assert.match(reasons.get("summary") ?? "", /metadata:write:summary/);
  assert.match(reasons.get("year") ?? "", /same/);
  assert.match(reasons.get("tags") ?? "", /no value/);
  const { metadata } = await fixture.expect(Series, "GET", `/series/${series.id}`);
  assert.deepEqual([metadata.title, metadata.genres], ["The Hobbit", ["Fantasy"]]);

  const problem = await fixture.refused("bad_request", "POST", `${url}/apply`, {
    ...request,
    fields: ["title", "isbn", "nonsense"],
  });
  assert.deepEqual(problem.errors?.map(({ pointer }) => pointer), ["/fields/1", "/fields/2"]);
});

Deno.test("apply without success says so when all it was asked for is refused", async () => {
  await using scene = await createScene({ permissions: ["metadata:write:year"] });
  const { fixture, series, request } = scene;
  const url = `/series/${series.id}/metadata/apply`;
  const refused = await fixture.expect(ApplyAnswer, "POST", url, { ...request, fields: ["title"] });
  assert.deepEqual([refused.success, refused.appliedFields], [false, []]);
  const nothing = await fixture.expect(ApplyAnswer, "POST", url, { ...request, fields: ["year"] });
  assert.deepEqual([nothing.success, nothing.message], [true, "Nothing to write; 1 field skipped"]);
});

Deno.test("a dry run answers as the real one would, and writes nothing", async () => {
  await using scene = await createScene();
  const { fixture, series, request } = scene;
  const url = `/series/${series.id}`;
  const before = await fixture.expect(Series, "GET", url);
  const dry = await fixture.expect(ApplyAnswer, "POST", `${url}/metadata/apply`, {
    ...request,
    fields: ["title", "summary"],
    dryRun: true,
    lockAfterApply: true,
  });
  assert.deepEqual(dry.dryRunReport?.changes, [
    { field: "title", before: "Hobbit", after: "The Hobbit" },
    { field: "summary", before: null, after: "There and back again" },
  ]);
  assert.deepEqual(await fixture.expect(Series, "GET", url), before);
  const { items } = await fixture.expect(HistoryPage, "GET", `${url}/history`);
  assert.deepEqual(items, []);
});

Deno.test("lockAfterApply locks what was written and nothing else", async () => {
  await using scene = await createScene();
  const { fixture, series, request } = scene;
  await fixture.expect(ApplyAnswer, "POST", `/series/${series.id}/metadata/apply`, {
    ...request,
    fields: ["title", "year"],
    lockAfterApply: true,
  });
  const { locks } = await fixture.expect(Series, "GET", `/series/${series.id}`);
  assert.deepEqual(locks, { title: true });
});

Deno.test("a snapshot is stale once the document, a lock, the answer or a grant changed", async () => {
  await using scene = await createScene();
  const { fixture, series, request, answers, pluginId } = scene;
  const url = `/series/${series.id}`;
  const preview = async () =>
    (await fixture.expect(PreviewAnswer, "POST", `${url}/metadata/preview`, request)).snapshot;
  const changes: [string, () => unknown][] = [
    [
      "the stored document",
      () => fixture.expect(Series, "PATCH", url, { metadata: { publisher: "P" }, lock: false }),
    ],
    ["its locks", () => fixture.expect(Locks, "PUT", `${url}/metadata/locks`, { tags: true })],
    ["the plugin's answer", () => answers.series["summary"] = "Another"],
    [
      "the plugin's permissions",
      () => fixture.pluginHost.change(pluginId, { permissions: ["metadata:write:title"] }),
    ],
  ];
  for (const [named, change] of changes) {
    const snapshot = await preview();
    await change();
    const before = await fixture.expect(Series, "GET", url);
    const problem = await fixture.refused("snapshot_stale", "POST", `${url}/metadata/apply`, {
      ...request,
      snapshot,
    });
    assert.match(problem.detail, new RegExp(named));
    assert.deepEqual(await fixture.expect(Series, "GET", url), before);
  }
  const snapshot = await preview();
  await fixture.expect(ApplyAnswer, "POST", `${url}/metadata/apply`, { ...request, snapshot });
});

Deno.test("a plugin is refused where it isn't for the library or the kind", async () => {
  await using scene = await createScene({ capabilities: { metadataProvider: ["series"] } });
  const { fixture, series, book, library, request, pluginId } = scene;
  const preview = (path: string) => `${path}/metadata/preview`;
  const kind = await fixture.refused(
    "unprocessable",
    "POST",
    preview(`/books/${book.id}`),
    request,
  );
  assert.match(kind.detail, /gives no metadata of a book/);

  const elsewhere = crypto.randomUUID() as LibraryId;
  fixture.pluginHost.change(pluginId, { libraryIds: [elsewhere] });
  for (const call of ["preview", "apply", "auto-match"]) {
    const path = `/series/${series.id}/metadata/${call}`;
    const problem = await fixture.refused("unprocessable", "POST", path, request);
    assert.match(problem.detail, /this library/);
  }
  fixture.pluginHost.change(pluginId, { libraryIds: [elsewhere, library.id] });
  await fixture.expect(PreviewAnswer, "POST", preview(`/series/${series.id}`), request);
  fixture.pluginHost.change(pluginId, { metadataTargets: ["book"] });
  await fixture.refused("unprocessable", "POST", preview(`/series/${series.id}`), request);
});

Deno.test("a plugin's own errors keep their meaning", async () => {
  await using scene = await createScene();
  const { fixture, series } = scene;
  const failing = (error: FakeRpcError) => ({
    pluginId: fixture.pluginHost.add({
      "metadata/series/get": () => {
        throw error;
      },
    }),
    externalId: "1",
  });
  for (const call of ["preview", "apply"]) {
    const url = `/series/${series.id}/metadata/${call}`;
    const gone = failing(new FakeRpcError(-32002, "No such record"));
    assert.match((await fixture.refused("not_found", "POST", url, gone)).detail, /No such record/);
    const busy = failing(new FakeRpcError(-32001, "Slow down", { retryAfterSeconds: 7 }));
    assert.equal((await fixture.refused("rate_limited", "POST", url, busy)).retryAfter, "7");
    const broken = failing(new FakeRpcError(-32004, "Their server is down"));
    const problem = await fixture.refused("plugin_failed", "POST", url, broken);
    assert.deepEqual(problem.pluginError, { code: -32004, message: "Their server is down" });
  }
});

Deno.test("values of an answer that are left out are told; an answer without sense is refused", async () => {
  await using scene = await createScene();
  const { fixture, series, request, answers } = scene;
  const url = `/series/${series.id}/metadata/preview`;
  answers.series["status"] = "odd";
  answers.series["year"] = "old";
  const preview = await fixture.expect(PreviewAnswer, "POST", url, request);
  assert.deepEqual(preview.ignored.map(({ pointer }) => pointer).sort(), ["/status", "/year"]);
  answers.series["externalId"] = {};
  await fixture.refused("plugin_failed", "POST", url, request);
});

Deno.test("an import doesn't take back what a plugin wrote", async () => {
  await using scene = await createScene();
  const { fixture, series, library, request } = scene;
  await fixture.expect(ApplyAnswer, "POST", `/series/${series.id}/metadata/apply`, request);
  const line = { key: "s", title: "Hobbit", metadata: { genres: ["Other"], publisher: "P" } };
  await fixture.import(library.id, [line]);
  const { title, metadata } = await fixture.expect(Series, "GET", `/series/${series.id}`);
  assert.deepEqual(
    [title, metadata.genres, metadata.publisher],
    ["The Hobbit", ["Fantasy", "Classic"], "P"],
  );
});
