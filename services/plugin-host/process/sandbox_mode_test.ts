import assert from "node:assert/strict";
import { chooseIsolation, SandboxMode } from "./sandbox_mode.ts";

const available = { available: true, keepsLoopbackOut: false } as const;
const missing = { available: false, reason: "bubblewrap is not installed" } as const;
const base = { command: "node", allowUnsandboxed: false, isNetworked: false } as const;

Deno.test("CODEX_PLUGIN_SANDBOX takes auto, require and off and nothing else", () => {
  for (const mode of ["auto", "require", "off"]) assert.equal(SandboxMode.parse(mode), mode);
  for (const mode of ["", "AUTO", "on", "true"]) {
    assert.equal(SandboxMode.safeParse(mode).success, false);
  }
});

Deno.test("without level 3 a Deno plugin runs at level 2 and any other is blocked with what to do", () => {
  const question = { ...base, mode: "auto", support: missing } as const;
  const deno = chooseIsolation({ ...question, runtime: "deno" });
  assert.ok(deno.runnable && deno.level === 2);
  const other = chooseIsolation({ ...question, runtime: "other" });
  assert.ok(!other.runnable);
  assert.match(other.reason, /"node".*bubblewrap is not installed.*unsandboxed/);
});

Deno.test("allowUnsandboxed lets any other command run at level 1", () => {
  const choice = chooseIsolation({
    ...base,
    mode: "auto",
    support: missing,
    runtime: "other",
    allowUnsandboxed: true,
  });
  assert.ok(choice.runnable && choice.level === 1);
});

Deno.test("require without level 3 blocks everything, also what is allowed unsandboxed", () => {
  for (const runtime of ["deno", "other"] as const) {
    const choice = chooseIsolation({
      ...base,
      mode: "require",
      support: missing,
      runtime,
      allowUnsandboxed: true,
    });
    assert.ok(!choice.runnable);
    assert.match(choice.reason, /require/);
  }
});

Deno.test("with level 3 everything runs at it, unless the sandbox is off", () => {
  for (const mode of ["auto", "require"] as const) {
    for (const runtime of ["deno", "other"] as const) {
      const choice = chooseIsolation({ ...base, mode, support: available, runtime });
      assert.ok(choice.runnable && choice.level === 3);
    }
  }
  const deno = chooseIsolation({ ...base, mode: "off", support: available, runtime: "deno" });
  assert.ok(deno.runnable && deno.level === 2);
  const other = chooseIsolation({ ...base, mode: "off", support: available, runtime: "other" });
  assert.ok(other.runnable && other.level === 1);
});

Deno.test("what a sandboxed plugin may reach is said plainly", () => {
  const question = { ...base, mode: "auto", runtime: "other" } as const;
  const reasonOf = (isNetworked: boolean, keepsLoopbackOut: boolean, command = "node") =>
    chooseIsolation({
      ...question,
      command,
      isNetworked,
      support: { available: true, keepsLoopbackOut },
    }).reason;
  assert.match(reasonOf(true, false), /unrestricted network, including this machine/);
  assert.match(reasonOf(true, true), /unrestricted network but for this machine's loopback/);
  assert.match(reasonOf(false, true), /without network$/);
  assert.match(reasonOf(false, true, "/usr/bin/uvx"), /"uvx" downloads what it runs.*"\*"/);
});
