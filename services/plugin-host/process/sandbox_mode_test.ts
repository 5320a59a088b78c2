import assert from "node:assert/strict";
import { chooseIsolation, SandboxMode } from "./sandbox_mode.ts";

const able = { hosts: { available: true }, everyHost: { available: true } } as const;
const available = { available: true, network: able } as const;
const missing = { available: false, reason: "bubblewrap is not installed" } as const;
const base = { command: "node", allowUnsandboxed: false, network: [] } as const;

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
  for (const runtime of ["deno", "other"] as const) {
    const question = { ...base, mode: "auto", runtime, support: available } as const;
    const reasonOf = (network: readonly string[], command = "node") =>
      chooseIsolation({ ...question, command, network }).reason;
    assert.match(reasonOf(["*", "a.example"]), /reaches every public host$/);
    assert.match(reasonOf(["a.example"]), /reaches the granted hosts alone$/);
    assert.match(reasonOf([]), /without network$/);
    assert.match(reasonOf([], "/usr/bin/uvx"), /"uvx" downloads what it runs.*registry's host$/);
  }
});

Deno.test("a grant that level 3 can't give blocks the plugin, and no lower level gives it", () => {
  const lacking = { available: false, reason: "socat is not installed (install it)" } as const;
  const network = { hosts: lacking, everyHost: lacking };
  const support = { available: true, network } as const;
  for (const mode of ["auto", "require"] as const) {
    for (const runtime of ["deno", "other"] as const) {
      const question = { ...base, mode, runtime, support, allowUnsandboxed: true } as const;
      const choice = chooseIsolation({ ...question, network: ["a.example"] });
      assert.ok(!choice.runnable);
      assert.match(choice.reason, /can't be given here: socat is not installed \(install it\)$/);
      assert.ok(chooseIsolation(question).runnable);
    }
  }
});
