import assert from "node:assert/strict";
import { join } from "node:path";
import { sharedUser, UsersOfRange } from "./plugin_users.ts";

const RANGE = { first: 5000, last: 5003 };
const HOUR_MS = 3_600_000;

async function withFolder(body: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await body(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("each data folder has a user of its own, and keeps it", async () => {
  await withFolder(async (root) => {
    const users = new UsersOfRange(join(root, "claims"), RANGE);
    const folders = ["a", "b", "c", "d"].map((name) => join(root, name));
    // All at once, as plugins start.
    const given = await Promise.all(folders.map((folder) => users.userOf(folder)));
    assert.deepEqual(given.map(({ uid }) => uid).sort(), [5000, 5001, 5002, 5003]);
    assert.ok(given.every(({ uid, gid }) => uid === gid));
    // Another host of the machine, or this one after a restart.
    const again = new UsersOfRange(join(root, "claims"), RANGE);
    for (const [index, folder] of folders.entries()) {
      assert.deepEqual(await again.userOf(folder), given[index]);
    }
    await assert.rejects(again.userOf(join(root, "e")), /All 4 users .* CODEX_PLUGIN_UIDS/);
  });
});

Deno.test("a user is given again only when its folder is gone for an hour", async () => {
  await withFolder(async (root) => {
    let now = Date.now();
    const users = new UsersOfRange(join(root, "claims"), { first: 5000, last: 5001 }, () => now);
    const [kept, gone, next] = ["kept", "gone", "next"].map((name) => join(root, name)) as [
      string,
      string,
      string,
    ];
    await Deno.mkdir(kept);
    const [ofKept, ofGone] = [await users.userOf(kept), await users.userOf(gone)];
    await users.removeUnused();
    await assert.rejects(users.userOf(next), /are taken/);
    now += HOUR_MS + 1000;
    assert.deepEqual(await users.userOf(next), ofGone);
    await users.removeUnused();
    assert.deepEqual(await users.userOf(kept), ofKept);
  });
});

Deno.test({
  name: "whoever owns a folder already keeps it although the claims are gone",
  // Only root gives folders away.
  ignore: Deno.uid() !== 0,
  fn: async () => {
    await withFolder(async (root) => {
      const folder = join(root, "data");
      await Deno.mkdir(folder);
      for (const uid of [5002, 5001]) {
        await Deno.chown(folder, uid, uid);
        const users = new UsersOfRange(join(root, `claims-${uid}`), RANGE);
        assert.equal((await users.userOf(folder)).uid, uid);
      }
    });
  },
});

Deno.test("claims that others could have written are refused", async () => {
  await withFolder(async (root) => {
    const claims = join(root, "claims");
    await Deno.mkdir(claims);
    await Deno.chmod(claims, 0o777);
    const users = new UsersOfRange(claims, RANGE);
    await assert.rejects(users.userOf(join(root, "a")), /is not the plugin host's own: remove it/);
    await assert.rejects(users.removeUnused(), /remove it/);
  });
});

Deno.test("where there is no range all have the same user, and it is said", async () => {
  const users = sharedUser({ uid: 7, gid: 7 });
  assert.deepEqual(
    [await users.userOf("/a"), await users.userOf("/b")],
    Array(2).fill({ uid: 7, gid: 7 }),
  );
  assert.equal(users.areDistinct, false);
});
