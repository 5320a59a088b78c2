import assert from "node:assert/strict";
import { join } from "node:path";
import { z } from "zod";
import { isAlive } from "../processes.ts";
import { untilGone } from "../test/processes.ts";
import { serviceNames } from "./services.ts";
import { layGround, type Platform, startPlatform } from "./testing/platform.ts";

const given = z.object({
  pid: z.number(),
  environment: z.record(z.string(), z.string()),
  may: z.record(z.string(), z.string()),
});

async function ask(url: string) {
  return given.parse(await (await fetch(`${url}/given`)).json());
}

/** What every service was given, found through the gateway's own environment. */
async function askAll(gatewayUrl: string) {
  const gateway = await ask(gatewayUrl);
  const answers = new Map([["gateway", gateway]]);
  for (const service of serviceNames.filter((name) => name !== "gateway")) {
    const variable = `CODEX_${service.toUpperCase().replaceAll("-", "_")}_URL`;
    answers.set(service, await ask(gateway.environment[variable]!));
  }
  return answers;
}

const readyUrl = async (platform: Platform) =>
  (await platform.until(/^Codex is ready at /)).replace("Codex is ready at ", "");

async function databasePid(dataDir: string): Promise<number> {
  const file = join(dataDir, "postgres", "cluster", "postmaster.pid");
  return Number((await Deno.readTextFile(file)).split("\n")[0]);
}

async function* filesBelow(folder: string): AsyncGenerator<{ path: string; info: Deno.FileInfo }> {
  for await (const entry of Deno.readDir(folder)) {
    const path = join(folder, entry.name);
    yield { path, info: await Deno.stat(path) };
    if (entry.isDirectory) yield* filesBelow(path);
  }
}

Deno.test("the platform starts, keeps its parts running, and ends without a trace", async (t) => {
  await using ground = await layGround();
  const { dataDir, tree } = ground;
  await using platform = startPlatform(ground, { CODEX_LOG_LEVEL: "debug" }, ["--watch"]);
  const url = await readyUrl(platform);
  const code = await platform.until(/^Setup code: /);
  const parts = await askAll(url);
  const pidOf = (service: string) => parts.get(service)!.pid;

  await t.step("the setup code of the ready line is the one auth was given", async () => {
    const file = parts.get("auth")!.environment["CODEX_SETUP_CODE_FILE"]!;
    assert.equal(code, `Setup code: ${await Deno.readTextFile(file)}`);
  });

  await t.step("a service finds in its environment what its table names and nothing more", () => {
    const names = Object.keys(parts.get("storage")!.environment).filter((name) =>
      !["HOME", "DENO_DIR", "XDG_CACHE_HOME"].includes(name)
    );
    assert.deepEqual(names.sort(), [
      "CODEX_HOST",
      "CODEX_LOG_LEVEL",
      "CODEX_SERVICE_KEY_FILE",
      "CODEX_SERVICE_PUBLIC_KEYS_FILE",
      "CODEX_STORAGE_DATABASE_URL_FILE",
      "CODEX_STORAGE_MAINTENANCE_DATABASE_URL_FILE",
      "CODEX_STORAGE_PORT",
      "LANG",
      "MALLOC_ARENA_MAX",
      "NO_COLOR",
      "PATH",
    ]);
  });

  await t.step("only auth gets the encryption key and the setup code", () => {
    for (const [service, { environment }] of parts) {
      const names = ["CODEX_ENCRYPTION_KEY_FILE", "CODEX_SETUP_CODE_FILE"];
      for (const name of names) assert.equal(name in environment, service === "auth", service);
    }
  });

  await t.step("no environment holds a secret, and no file of one is open to others", async () => {
    const secrets = new Set<string>();
    for await (const { path, info } of filesBelow(join(dataDir, "secrets"))) {
      assert.equal(info.mode! & 0o777, info.isDirectory ? 0o700 : 0o600, path);
      if (info.isFile) secrets.add(await Deno.readTextFile(path));
    }
    assert.ok(secrets.size > 20);
    for (const { environment } of parts.values()) {
      for (const value of Object.values(environment)) assert.ok(!secrets.has(value));
    }
  });

  await t.step("a service reads its own secrets and no other's", () => {
    for (const [service, { may }] of parts) {
      assert.deepEqual(may, {
        ownSecrets: "granted",
        foreignSecrets: service === "auth"
          ? "granted"
          : service === "plugin-host"
          ? "denied"
          : "prompt",
        passwords: service === "plugin-host" ? "denied" : "prompt",
        writeSecrets: service === "plugin-host" ? "denied" : "prompt",
        internet: "prompt",
        run: "prompt",
      }, service);
    }
  });

  await t.step("a second supervisor on the same data stops with one line", async () => {
    await using second = startPlatform(ground);
    assert.equal((await second.status).code, 1);
    assert.deepEqual(second.stdout, []);
    assert.equal(second.stderr.length, 1);
    assert.match(second.stderr[0]!, /^error: The data folder ".*" is in use by another "deno task/);
  });

  await t.step("a killed service starts again", async () => {
    Deno.kill(pidOf("library"), "SIGKILL");
    await platform.until(/^library ended by itself \(signal SIGKILL\); it starts again in 0.2 s/);
    await platform.until(/^library is ready again/);
  });

  await t.step("a killed database starts again with the same data and port", async () => {
    const port = await Deno.readTextFile(join(dataDir, "postgres", "port"));
    Deno.kill(await databasePid(dataDir), "SIGKILL");
    await platform.until(/^postgres ended by itself/);
    await platform.until(/^postgres is ready again/);
    assert.equal(await Deno.readTextFile(join(dataDir, "postgres", "port")), port);
  });

  await t.step("a change of its code starts a service again, and that one alone", async () => {
    platform.forget();
    const main = join(tree, "services", "sync", "main.ts");
    // Written beside what is watched and moved there, it is one event and not one for each write.
    const changed = join(tree, "changed.ts");
    await Deno.writeTextFile(changed, `${await Deno.readTextFile(main)}\n`);
    await Deno.rename(changed, main);
    await platform.until(/^sync is ready again/);
    assert.deepEqual(platform.stdout.filter((line) => /again/.test(line)), [
      "Code changed: starting sync again",
      "sync is ready again",
    ]);
  });

  await t.step("SIGTERM ends all, the database last, and leaves no process", async () => {
    const before = await askAll(url);
    const database = await databasePid(dataDir);
    platform.forget();
    platform.kill("SIGTERM");
    assert.equal((await platform.status).code, 0);
    for (const { pid } of before.values()) assert.ok(!isAlive(pid));
    assert.ok(!isAlive(database));
    const stopped = platform.stdout.filter((line) => /Stopped/.test(line))
      .map((line) => line.split(" ")[0]);
    assert.equal(stopped.length, 6);
    assert.equal(stopped[0], "gateway");
    assert.equal(stopped[3], "plugin-host");
    assert.match(platform.stderr.at(-1)!, /database system is shut down/);
  });

  await t.step(
    "kill -9 leaves no process either, and the next start has the same keys",
    async () => {
      const keys = await Deno.readTextFile(join(dataDir, "secrets", "public-keys.json"));
      const key = await Deno.readTextFile(join(dataDir, "secrets", "auth", "encryption-key"));
      await using killed = startPlatform(ground);
      const before = await askAll(await readyUrl(killed));
      killed.kill("SIGKILL");
      for (const { pid } of before.values()) await untilGone(pid);

      await using next = startPlatform(ground);
      await readyUrl(next);
      assert.equal(await Deno.readTextFile(join(dataDir, "secrets", "public-keys.json")), keys);
      assert.equal(
        await Deno.readTextFile(join(dataDir, "secrets", "auth", "encryption-key")),
        key,
      );
      next.kill("SIGINT");
      assert.equal((await next.status).code, 0);
      assert.ok(
        next.stdout.some((line) => line.startsWith('{"level":"INFO"')),
        "raw without --watch",
      );
    },
  );
});
