/** The README's first ten minutes, word by word: every block marked `<!-- run -->`, in one shell. */
import assert from "node:assert/strict";
import { runProgram } from "@codex/service/program";
import { startFakeOpenLibrary } from "../../plugins/metadata-openlibrary/testing/fake_server.ts";
import { startFakeAnilist } from "../fakes/anilist/server.ts";
import { PROJECT_ROOT, startPlatform } from "../harness/platform.ts";

const README = await Deno.readTextFile(`${PROJECT_ROOT}/README.md`);
/** What the README says and a test can't use as it stands: others may hold these ports. */
const README_URL = "http://127.0.0.1:8080";
const README_OPENLIBRARY = "127.0.0.1:8091";
const README_ANILIST = "127.0.0.1:8092";
const README_ANILIST_TOKEN = "token-of-reader";
/** All its commands together; a loop that never ends fails here. */
const README_MS_MAX = 5 * 60_000;

Deno.test("the README's first ten minutes work as they are written", async () => {
  await using platform = await startPlatform();
  await using openLibrary = startFakeOpenLibrary();
  await using anilist = startFakeAnilist();
  anilist.fake.change(anilist.fake.addUser("reader", README_ANILIST_TOKEN), 1, {});
  const blocks = [...README.matchAll(/<!-- run[^>]*-->\n+```sh\n([\s\S]*?)```/g)];
  assert.ok(blocks.length >= 5, "The README has lost its blocks");
  const script = ["set -euo pipefail", ...blocks.map((block) => block[1])].join("\n")
    .replaceAll(README_URL, platform.url)
    .replaceAll(README_OPENLIBRARY, new URL(openLibrary.url).host)
    .replaceAll(README_ANILIST, new URL(anilist.url).host);

  const { code, stdout: printed, stderr } = await runProgram({
    command: "bash",
    args: ["-c", script],
    cwd: PROJECT_ROOT,
    env: { ...Deno.env.toObject(), CODE: platform.setupCode ?? "" },
    timeoutMs: README_MS_MAX,
  });
  assert.equal(code, 0, `${printed}\n${stderr}`);
  assert.match(printed, /"status": "will_apply"/);
  assert.match(printed, /"status": "locked"/);
  assert.match(printed, /"appliedFields": \[\s+"/);
  assert.match(printed, /Tolkien/);
  assert.match(printed, /"pulled": 1/);
});
