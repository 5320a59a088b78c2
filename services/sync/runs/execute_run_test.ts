import assert from "node:assert/strict";
import { createFixture } from "../testing/fixture.ts";

Deno.test("a first sync brings each side what the other has", async () => {
  await using test = await createFixture();
  const { library, service } = test;
  const ahead = library.add({ externalId: "ahead", volumes: 5, read: 4 });
  const behind = library.add({ externalId: "behind", volumes: 5, read: 1 });
  const both = library.add({ externalId: "both", volumes: 3, read: 2 });
  service.set("ahead", { volumes: 1 });
  service.set("behind", { volumes: 3 });
  service.set("both", { volumes: 2 });
  service.set("elsewhere", { volumes: 9 });

  const result = await test.syncToEnd();
  assert.deepEqual(
    [result.pulled, result.matched, result.applied, result.pushed, result.unchanged, result.failed],
    [4, 3, 1, 1, 2, 0],
  );
  assert.deepEqual([ahead, behind, both].map((it) => library.booksRead(it)), [4, 3, 2]);
  assert.deepEqual(
    ["ahead", "behind", "both"].map((id) => service.entries.get(id)?.volumes),
    [4, 3, 2],
  );
  assert.deepEqual(service.lowered, []);

  // Without a change there is nothing to save.
  const again = await test.syncToEnd();
  assert.deepEqual([again.applied, again.pushed, again.unchanged], [0, 0, 3]);
  assert.equal(service.callsOf("sync/pushProgress").length, 1);
});
