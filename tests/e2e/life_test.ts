/** Start and stop of the whole platform, as a person and as an accident do it. */
import assert from "node:assert/strict";
import { LibraryPage } from "@codex/protocol";
import { removeDataDir, startPlatform } from "../harness/platform.ts";
import { ADMIN_PASSWORD, createLibrary, setUpAdmin } from "../harness/scenario.ts";
import { SessionAnswer } from "@codex/protocol";

Deno.test("after kill -9 of everything the platform starts again with its data", async () => {
  const dataDir = await Deno.makeTempDir({ prefix: "codex-e2e-" });
  try {
    const first = await startPlatform({ dataDir });
    await setUpAdmin(first);
    const library = await createLibrary(first, "Kept");
    const rows = await first.processes();
    await first.stop("SIGKILL");
    for (const { pid } of rows) kill(pid);

    const second = await startPlatform({ dataDir });
    assert.equal(second.setupCode, undefined, "Setup was asked again");
    const login = await second.api.expect(SessionAnswer, "POST", "/auth/login", {
      username: "admin",
      password: ADMIN_PASSWORD,
    });
    second.api.token = login.accessToken;
    const { items } = await second.api.expect(LibraryPage, "GET", "/libraries");
    assert.deepEqual(items.map(({ id }) => id), [library.id]);
    assert.equal(await second.stop("SIGINT"), 0);
  } finally {
    await removeDataDir(dataDir);
  }
});

Deno.test("a platform on the same data folder is refused in one line", async () => {
  await using first = await startPlatform();
  await assert.rejects(startPlatform({ dataDir: first.dataDir }), (error) => {
    assert.ok(error instanceof Error);
    const printed = error.message.split("\n").slice(1).filter((line) => line !== "");
    assert.equal(printed.length, 1, error.message);
    return true;
  });
});

function kill(pid: number): void {
  try {
    Deno.kill(pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}
