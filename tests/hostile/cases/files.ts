/** Files of the host and of other plugins, by every way to a file that a program has. */
import assert from "node:assert/strict";
import { answers, fails, isThwarted } from "../outcome.ts";
import { CONFINED, type Holds, type HostileCase } from "../hostile_case.ts";
import type { Trial } from "../trial.ts";

/** Deno's permissions refuse it at level 2; at level 3 it isn't there for any runtime. */
const HIDDEN: Holds = { deno: [2, 3], node: [3] };

async function isRefused(trial: Trial): Promise<void> {
  isThwarted(await trial.call());
}

/** Ways of a main module that must not even start: Deno doesn't check the graph of a main module. */
function staticImport(what: string, imports: (key: string) => string): HostileCase {
  return {
    name: `imports the host's key statically ${what}`,
    holds: CONFINED,
    imports,
    isUngrantable: true,
    program: { call: (it) => it.answer(String(Reflect.get(globalThis, "stolen"))) },
    promise: async (trial) => {
      const { success, message } = await trial.test();
      assert.equal(success, false);
      await trial.arena.targets.assertNoSecret(message);
    },
  };
}

export const fileCases: readonly HostileCase[] = [
  {
    name: "reads the host's keys",
    holds: HIDDEN,
    config: (arena) => ({ key: arena.keyPath }),
    program: {
      attempt: async (it) =>
        (await import("node:fs")).readFileSync(it.session.initialized.adminConfig.key!, "utf8"),
    },
    promise: isRefused,
  },
  {
    name: "reads the host's keys by paths that lead around a check",
    holds: HIDDEN,
    config: (arena) => ({ key: arena.keyPath }),
    program: {
      attempt: async (it) => {
        const { readFileSync } = await import("node:fs");
        const key = it.session.initialized.adminConfig.key!;
        const { dataDir } = it.session.initialized;
        const up = "/..".repeat(20);
        const paths = [
          `${dataDir}${up}${key}`,
          `${dataDir}/./${up}//${key}`,
          `/proc/self/root${key}`,
          `/proc/self/cwd${up}${key}`,
          `/proc/1/root${key}`,
          `/dev/fd/../root${key}`,
          `/dev/../${key}`,
          `//${key}`,
          new URL(`file://${key.replaceAll("/", "%2f").replace("%2f", "/")}`),
          new URL(`file:///${dataDir}/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e${key}`),
          new URL(`file://localhost${key}`),
        ];
        for (const path of paths) {
          try {
            return readFileSync(path, "utf8");
          } catch {
            // The next way.
          }
        }
        throw new Error("Every way was refused");
      },
    },
    promise: isRefused,
  },
  {
    name: "reads the host's keys by links that it makes",
    holds: HIDDEN,
    config: (arena) => ({ key: arena.keyPath }),
    program: {
      attempt: async (it) => {
        const { linkSync, readFileSync, symlinkSync } = await import("node:fs");
        const key = it.session.initialized.adminConfig.key!;
        const link = `${it.session.initialized.dataDir}/link`;
        const errors = [];
        for (const make of [symlinkSync, linkSync]) {
          try {
            make(key, `${link}-${make.name}`);
            return readFileSync(`${link}-${make.name}`, "utf8");
          } catch (error) {
            errors.push(error);
          }
        }
        throw new AggregateError(errors, "Every way was refused");
      },
    },
    promise: isRefused,
  },
  {
    name: "has a link in its folder that leads outside",
    holds: CONFINED,
    program: { call: (it) => it.answer("fine") },
    promise: async (trial) => {
      const { keyPath, platform: { pluginsDir } } = trial.arena;
      const link = `${pluginsDir}/${trial.name}/link`;
      await Deno.symlink(keyPath, link);
      fails(await trial.call(), "plugin_off", /link/);
      await Deno.remove(link);
      answers(await trial.call());
    },
  },
  {
    name: "imports the host's keys while it runs",
    holds: CONFINED,
    config: (arena) => ({ key: arena.keyPath }),
    program: {
      attempt: async (it) => {
        const key = it.session.initialized.adminConfig.key!;
        const errors = [];
        for (const url of [key, `file://${key}`, "/etc/passwd"]) {
          for (const type of ["text", "json", "bytes", undefined]) {
            try {
              const options = type === undefined ? {} : { with: { type } };
              return JSON.stringify(await import(url, options));
            } catch (error) {
              errors.push(error);
            }
          }
        }
        throw new AggregateError(errors, "Every way was refused");
      },
    },
    promise: isRefused,
  },
  staticImport("as text", (key) => `import stolen from "${key}" with { type: "text" };`),
  staticImport("as JSON", (key) => `import stolen from "${key}" with { type: "json" };`),
  staticImport("as a module", (key) => `import * as stolen from "${key}";`),
  staticImport("by a way up", (key) => {
    const up = "../".repeat(20);
    return `import stolen from "${up}${key.slice(1)}" with { type: "text" };`;
  }),
  staticImport("through another module", (key) => {
    const inner = `export { default } from ${
      JSON.stringify(`file://${key}`)
    } with { type: "text" };`;
    return `import stolen from "data:text/javascript,${encodeURIComponent(inner)}";`;
  }),
  {
    name: "reads files of the machine",
    holds: { deno: [2, 3] },
    program: {
      attempt: async () => {
        const { readFileSync, readdirSync } = await import("node:fs");
        for (const path of ["/etc/passwd", "/etc/hostname", "/proc/cpuinfo", "/dev/mem"]) {
          try {
            return readFileSync(path, "utf8");
          } catch {
            // The next one.
          }
        }
        return readdirSync("/");
      },
    },
    promise: isRefused,
  },
  {
    name: "reads the password hashes of the machine",
    holds: HIDDEN,
    program: { attempt: async () => (await import("node:fs")).readFileSync("/etc/shadow", "utf8") },
    promise: isRefused,
  },
  {
    name: "looks for secrets in every process's environment",
    holds: { deno: [2, 3], node: [1, 3] },
    program: {
      attempt: async () => {
        const { readdirSync, readFileSync } = await import("node:fs");
        const found = [];
        for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
          for (const file of ["environ", "cmdline"]) {
            try {
              found.push(readFileSync(`/proc/${pid}/${file}`, "utf8"));
            } catch {
              // Not ours to read, or gone.
            }
          }
        }
        return found.join("\n").slice(0, 2_000_000);
      },
    },
    promise: async (trial) => {
      const { text = "" } = await trial.call();
      assert.notEqual(text, "");
      await trial.arena.targets.assertNoSecret(text);
      if (trial.level > 1) assert.doesNotMatch(text, /CODEX_[A-Z_]+_FILE/);
    },
  },
  {
    name: "reads another plugin's data and program",
    holds: HIDDEN,
    config: (arena) => arena.bystanderFolders,
    program: {
      attempt: async (it) => {
        const { readdirSync, readFileSync } = await import("node:fs");
        const { data, program } = it.session.initialized.adminConfig as Record<string, string>;
        const tries = [
          () => readdirSync(data!),
          () => readdirSync(`${it.session.initialized.dataDir}/../..`).length > 1,
          () => readFileSync(`${program}/plugin.ts`, "utf8"),
          () => readdirSync(`${program}/..`).length > 2,
        ];
        for (const attempt of tries) {
          try {
            if (attempt()) return attempt();
          } catch {
            // The next way.
          }
        }
        throw new Error("Every way was refused");
      },
    },
    promise: isRefused,
  },
  {
    name: "keeps something in a browser's storage for the next process",
    holds: CONFINED,
    program: {
      call: (it) => {
        const kept = globalThis.localStorage.getItem("kept");
        globalThis.localStorage.setItem("kept", "yes");
        return it.answer(`kept ${kept}`);
      },
    },
    promise: async (trial) => {
      answers(await trial.call(), "kept null");
      await trial.turnOff();
      await trial.turnOn();
      answers(await trial.call(), "kept null");
    },
  },
  {
    name: "writes everywhere that it can",
    holds: HIDDEN,
    config: (arena) => ({ ...arena.bystanderFolders, host: arena.platform.dataDir }),
    program: {
      call: async (it) => {
        const { writeFileSync } = await import("node:fs");
        const { data, program, host } = it.session.initialized.adminConfig as Record<
          string,
          string
        >;
        const here = new URL(".", import.meta.url).pathname;
        const folders = ["/tmp", "/var/tmp", "/dev/shm", "/run", "/root", "/usr/local/bin", "/etc"];
        for (const folder of [...folders, data, program, `${program}/../sdk`, host, here]) {
          try {
            writeFileSync(`${folder}/${it.name}`, "was here");
          } catch {
            // The next place.
          }
        }
        return it.answer("fine");
      },
    },
    promise: async (trial) => {
      answers(await trial.call());
      const { platform, bystanderFolders: { data, program }, targets } = trial.arena;
      const own = `${platform.pluginsDir}/${trial.name}`;
      const folders = [data, program, `${program}/../sdk`, platform.dataDir, own];
      assert.deepEqual(await targets.removeFilesNamed(trial.name, folders), []);
    },
  },
  {
    name: "rewrites its own program",
    holds: HIDDEN,
    program: {
      call: async (it) => {
        const { appendFileSync, rmSync } = await import("node:fs");
        const here = new URL(".", import.meta.url).pathname;
        try {
          appendFileSync(`${here}/main.mjs`, "\n// rewritten");
          rmSync(`${here}/rogue.mjs`);
          return it.answer("rewrote it");
        } catch {
          return it.answer("fine");
        }
      },
    },
    promise: async (trial) => answers(await trial.call()),
  },
];
