import assert from "node:assert/strict";
import { requireDevice, requireTool } from "./tools.ts";

const environment = (values: Record<string, string>) => new Map(Object.entries(values));

Deno.test("a missing program skips its tests on a developer's machine and fails them in CI", () => {
  const name = "no-such-program";
  assert.equal(requireTool(name, environment({ PATH: "/usr/bin" })), "skip");
  assert.throws(() => requireTool(name, environment({ PATH: "/usr/bin", CI: "true" })), {
    message: 'Tests need the program "no-such-program", which is not installed',
  });
});

Deno.test("a program in PATH is present", async () => {
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/tool`, "");
  assert.equal(requireTool("tool", environment({ PATH: folder, CI: "true" })), "present");
});

Deno.test("a device that not every user can open counts as a missing program does", async () => {
  const device = await Deno.makeTempFile();
  await Deno.chmod(device, 0o600);
  assert.equal(requireDevice(device, environment({})), "skip");
  assert.throws(() => requireDevice(device, environment({ CI: "true" })), /chmod 0666/);
  await Deno.chmod(device, 0o666);
  assert.equal(requireDevice(device, environment({ CI: "true" })), "present");
});
