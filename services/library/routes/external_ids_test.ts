import assert from "node:assert/strict";
import {
  Book,
  Empty,
  ExternalIdList,
  HistoryPage,
  Series,
  StoredExternalId,
} from "@codex/protocol";
import { createScene } from "../testing/enrichment_scene.ts";

Deno.test("external ids are added, listed and removed, as part of the document", async () => {
  await using scene = await createScene();
  const { fixture } = scene;
  for (const path of [`/series/${scene.series.id}`, `/books/${scene.book.id}`]) {
    const url = `${path}/external-ids`;
    const id = { source: "api:anilist", externalId: "30013" };
    const added = await fixture.expect(StoredExternalId, "POST", url, id);
    const again = await fixture.expect(StoredExternalId, "POST", url, id);
    assert.deepEqual(again, added);
    const other = await fixture.expect(StoredExternalId, "POST", url, { ...id, externalId: "7" });
    assert.deepEqual((await fixture.expect(ExternalIdList, "GET", url)).items, [added, other]);

    const owner = await fixture.expect(path.startsWith("/series") ? Series : Book, "GET", path);
    assert.deepEqual(owner.externalIds, [added, other]);
    assert.deepEqual(owner.metadata.externalIds, [id, { ...id, externalId: "7" }]);
    assert.equal(owner.provenance["externalIds"]?.source, "user");
    assert.deepEqual(owner.locks, {});

    await fixture.expect(Empty, "DELETE", `${url}/${added.id}`);
    await fixture.refused("not_found", "DELETE", `${url}/${added.id}`);
    assert.deepEqual((await fixture.expect(ExternalIdList, "GET", url)).items, [other]);
    await fixture.expect(Empty, "DELETE", `${url}/${other.id}`);
    assert.deepEqual((await fixture.expect(ExternalIdList, "GET", url)).items, []);
    assert.equal((await fixture.expect(HistoryPage, "GET", `${path}/history`)).items.length, 4);
  }
});

Deno.test("what isn't an external id is refused", async () => {
  await using scene = await createScene();
  const url = `/series/${scene.series.id}/external-ids`;
  for (const body of [{}, { source: "", externalId: "1" }, { source: "a" }]) {
    await scene.fixture.refused("bad_request", "POST", url, body);
  }
});
