import assert from "node:assert/strict";
import { join } from "node:path";
import { runProgram } from "@codex/service/program";
import { waitUntil } from "../../testing/wait_until.ts";
import { ReadableCopies } from "./readable_paths.ts";

const tmp = Deno.makeTempDirSync();
globalThis.addEventListener("unload", () => Deno.removeSync(tmp, { recursive: true }));

Deno.test({
  name: "a tree with symlinks is copied with the rights that the service has",
  // As in deno.json: everything may be read, only some folders written.
  permissions: { read: true, write: [tmp], run: true },
  fn: async () => {
    const [tree, copies] = [join(tmp, "plugin"), join(tmp, "copies")];
    await Deno.mkdir(join(tree, "bin"), { recursive: true });
    await Deno.mkdir(copies);
    await Deno.writeTextFile(join(tree, "tool.mjs"), "export {};\n");
    const made = await runProgram({
      command: "ln",
      args: ["-s", "../tool.mjs", join(tree, "bin", "tool")],
      timeoutMs: 60_000,
    });
    assert.ok(made.success);

    const paths = new ReadableCopies(copies, "/bin/ln");
    const copy = await paths.readableAt(tree);
    assert.equal(await Deno.readLink(join(copy, "bin", "tool")), "../tool.mjs");
    assert.equal(await Deno.readTextFile(join(copy, "bin", "tool")), "export {};\n");
    assert.equal(await paths.readableAt(tree), copy);
  },
});

Deno.test("what hardly ever changes is looked at once a minute, and when its copy is gone", async () => {
  const [tree, copies] = [join(tmp, "runtime"), join(tmp, "steady")];
  await Deno.mkdir(tree);
  await Deno.mkdir(copies);
  const write = (text: string) => Deno.writeTextFile(join(tree, "tool.mjs"), text);
  let now = 0;
  const paths = new ReadableCopies(copies, "/bin/ln", () => now);
  const read = async () =>
    await Deno.readTextFile(join(await paths.readableSteadily(tree), "tool.mjs"));

  await write("one");
  assert.equal(await read(), "one");
  await write("second");
  assert.equal(await read(), "one");
  now += 60_000;
  assert.equal(await read(), "second");
  await write("the third");
  await Deno.remove(await paths.readableSteadily(tree), { recursive: true });
  assert.equal(await read(), "the third");
});

Deno.test("a file that looks as it did is copied again, one that was only linked is not", async () => {
  const [tree, copies] = [join(tmp, "disguised"), join(tmp, "fresh")];
  await Deno.mkdir(tree);
  await Deno.mkdir(copies);
  const path = join(tree, "tool.mjs");
  await Deno.writeTextFile(path, "one");
  const { mtime } = await Deno.stat(path);
  const paths = new ReadableCopies(copies, "/bin/ln");
  const read = async () => await Deno.readTextFile(join(await paths.readableAt(tree), "tool.mjs"));
  assert.equal(await read(), "one");
  // Deno tells the time of the last change to the second.
  await waitUntil(async () => {
    await Deno.writeTextFile(path, "two");
    await Deno.utime(path, mtime ?? 0, mtime ?? 0);
    return await read() === "two";
  }, "it is copied again");

  const large = join(tree, "runtime");
  await Deno.writeFile(large, new Uint8Array(1024 * 1024));
  await Deno.chmod(large, 0o755);
  const copy = await paths.readableAt(tree);
  const { nlink, ctime } = await Deno.stat(large);
  assert.equal(nlink, 2);
  await waitUntil(async () => {
    const args = ["-f", "--", large, join(tmp, "link")];
    await runProgram({ command: "ln", args, timeoutMs: 60_000 });
    return (await Deno.stat(large)).ctime?.getTime() !== ctime?.getTime();
  }, "the link counts as a change");
  assert.equal(await paths.readableAt(tree), copy);
});
