import assert from "node:assert/strict";
import { join } from "node:path";
import { type CommandPolicy, resolveCommand } from "./command_policy.ts";

interface Sandbox {
  readonly policy: CommandPolicy;
  readonly plugins: string;
  readonly root: string;
}

/** A PATH with a few programs, and a plugins folder with one plugin. */
async function withSandbox(body: (sandbox: Sandbox) => Promise<void>): Promise<void> {
  const root = await Deno.realPath(await Deno.makeTempDir());
  const bin = join(root, "bin");
  const plugins = join(root, "plugins");
  await Deno.mkdir(bin);
  await Deno.mkdir(join(plugins, "mine", "bin"), { recursive: true });
  for (const name of ["node-20", "python3", "bash", "deno-real", "special"]) {
    await Deno.writeTextFile(join(bin, name), "#!/bin/sh\n", { mode: 0o755 });
  }
  await Deno.symlink("node-20", join(bin, "node"));
  await Deno.symlink("deno-real", join(bin, "deno"));
  await Deno.writeTextFile(join(plugins, "mine", "main.ts"), "");
  await Deno.writeTextFile(join(plugins, "mine", "bin", "tool"), "", { mode: 0o755 });
  await Deno.writeTextFile(join(plugins, "loose.ts"), "");
  await Deno.writeTextFile(join(root, "outside.ts"), "");
  const policy = {
    allowedExtra: [],
    pluginsFolders: [plugins],
    denoPath: join(bin, "deno"),
    searchPath: [bin],
  };
  try {
    await body({ policy, plugins, root });
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

Deno.test("an allowed name is looked up in the fixed PATH", async () => {
  await withSandbox(async ({ policy, root }) => {
    assert.deepEqual(await resolveCommand(policy, "node", ["a.mjs"], null), {
      ok: true,
      runtime: "other",
      path: join(root, "bin", "node"),
      args: ["a.mjs"],
      folder: null,
    });
  });
});

Deno.test("other names, look-alikes and missing programs are refused with what is allowed", async () => {
  await withSandbox(async ({ policy }) => {
    for (
      const command of ["bash", "node-20", "Node", "node ", " node", "no\u{200b}de", "", ".", "uv"]
    ) {
      const resolved = await resolveCommand(policy, command, [], null);
      assert.ok(!resolved.ok, command);
      assert.match(resolved.reason, /^Command ".*" is not allowed: allowed are node, npx, python/s);
    }
  });
});

Deno.test("a path is allowed only if its real path is that of an allowed name", async () => {
  await withSandbox(async ({ policy, root }) => {
    const bin = join(root, "bin");
    await Deno.symlink(join(bin, "bash"), join(root, "node"));
    await Deno.symlink(join(bin, "python3"), join(root, "py"));
    for (
      const [command, allowed] of [
        [join(bin, "node-20"), true],
        [join(root, "py"), true],
        [join(bin, "..", "bin", "node"), true],
        [join(bin, "bash"), false],
        [join(root, "node"), false],
        [join(bin, "nothing"), false],
      ] as const
    ) {
      assert.equal((await resolveCommand(policy, command, [], null)).ok, allowed, command);
    }
  });
});

Deno.test("programs in a plugins folder are allowed, what leads out of it is not", async () => {
  await withSandbox(async ({ policy, plugins, root }) => {
    const mine = join(plugins, "mine");
    await Deno.symlink(join(root, "bin", "bash"), join(mine, "sh"));
    assert.ok((await resolveCommand(policy, join(mine, "bin", "tool"), [], null)).ok);
    assert.ok((await resolveCommand(policy, "./bin/tool", [], mine)).ok);
    assert.ok(!(await resolveCommand(policy, join(mine, "sh"), [], null)).ok);
    assert.ok(!(await resolveCommand(policy, "../../bin/bash", [], mine)).ok);
    assert.ok(!(await resolveCommand(policy, `${plugins}/mine/../../bin/bash`, [], null)).ok);
    assert.ok(!(await resolveCommand(policy, "./bin/tool", [], null)).ok);
  });
});

Deno.test("CODEX_PLUGIN_ALLOWED_COMMANDS adds names and paths", async () => {
  await withSandbox(async ({ policy, root }) => {
    const special = join(root, "bin", "special");
    const byName = { ...policy, allowedExtra: ["special"] };
    assert.ok((await resolveCommand(byName, "special", [], null)).ok);
    assert.ok((await resolveCommand(byName, special, [], null)).ok);
    const byPath = { ...policy, allowedExtra: [special] };
    assert.ok((await resolveCommand(byPath, special, [], null)).ok);
    assert.ok(!(await resolveCommand(policy, special, [], null)).ok);
  });
});

Deno.test("deno takes a module in a plugin's folder and the plugin's own arguments", async () => {
  await withSandbox(async ({ policy, plugins }) => {
    const mine = join(plugins, "mine");
    const expected = {
      ok: true,
      runtime: "deno",
      entry: join(mine, "main.ts"),
      folder: mine,
      args: ["--own", "x"],
    };
    const args = ["--own", "x"];
    assert.deepEqual(
      await resolveCommand(policy, "deno", [join(mine, "main.ts"), ...args], null),
      expected,
    );
    assert.deepEqual(await resolveCommand(policy, "deno", ["main.ts", ...args], mine), expected);
  });
});

Deno.test("by any path Deno is the host's own runtime and never a free program", async () => {
  await withSandbox(async ({ policy, plugins, root }) => {
    await Deno.symlink(join(root, "bin", "deno-real"), join(plugins, "mine", "node"));
    for (const command of [join(root, "bin", "deno-real"), join(plugins, "mine", "node")]) {
      const run = await resolveCommand(policy, command, ["run", "-A", "x.ts"], null);
      assert.ok(!run.ok);
      const entry = join(plugins, "mine", "main.ts");
      const module = await resolveCommand(policy, command, [entry], null);
      assert.ok(module.ok && module.runtime === "deno");
    }
  });
});

Deno.test("deno refuses flags, subcommands, URLs and modules outside a plugin's folder", async () => {
  await withSandbox(async ({ policy, plugins, root }) => {
    const mine = join(plugins, "mine");
    const refused: (readonly [readonly string[], RegExp])[] = [
      [[], /needs the plugin's module/],
      [["run", "main.ts"], /is no module/],
      [["eval", "1"], /is no module/],
      [["-A", "main.ts"], /stands before the module/],
      [["--allow-all", "main.ts"], /stands before the module/],
      [["https://example.com/main.ts"], /is no file/],
      [["npm:chalk"], /is no module|is no file/],
      [["file:///etc/passwd"], /is no file/],
      [["data:text/javascript,1/2"], /is no file/],
      [["../../outside.ts"], /is not in a plugin's folder/],
      [[join(root, "outside.ts")], /is not in a plugin's folder/],
      [[join(plugins, "loose.ts")], /is not in a plugin's folder/],
      [["missing.ts"], /There is no file "missing.ts"/],
      [["bin/"], /There is no file "bin\/"/],
    ];
    for (const [args, reason] of refused) {
      const resolved = await resolveCommand(policy, "deno", args, mine);
      assert.ok(!resolved.ok, args.join(" "));
      assert.match(resolved.reason, reason);
    }
  });
});

Deno.test("a plugin's module can't be another plugin's", async () => {
  await withSandbox(async ({ policy, plugins }) => {
    await Deno.mkdir(join(plugins, "other"));
    const resolved = await resolveCommand(
      policy,
      "deno",
      ["../mine/main.ts"],
      join(plugins, "other"),
    );
    assert.ok(!resolved.ok);
    assert.match(resolved.reason, /leads outside/);
  });
});
