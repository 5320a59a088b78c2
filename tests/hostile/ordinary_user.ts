/**
 * The soak once more, by a user that isn't root: sandboxes then share that user, and have no
 * control groups.
 */
import { join } from "node:path";
import { canReach, chooseServerUser } from "../../infra/postgres/server_user.ts";
import { PROJECT_ROOT } from "../harness/platform.ts";
import type { SoakRun } from "../soak/soak.ts";

const MINUTE_MS = 60_000;

/**
 * Runs the hostile soak in a process of that user, with the same seed. Call as root.
 *
 * @throws {Error} if it did not hold there, or the user can't read this folder
 */
export async function soakAsOrdinaryUser({ seed, durationMs }: SoakRun): Promise<void> {
  const user = await chooseServerUser();
  if (user === undefined) throw new Error("Only root can run a soak as another user");
  if (!await canReach(user, PROJECT_ROOT)) {
    throw new Error(
      `User ${user.uid}, as whom the soak runs too, can't pass to "${PROJECT_ROOT}": ` +
        "put the project below a folder that is open to all, or run the soak as an ordinary user",
    );
  }
  const home = await Deno.makeTempDir({ prefix: "codex-soak-" });
  try {
    // Whoever installed Deno may have it in a folder that only root can pass.
    const deno = join(home, "deno");
    await Deno.copyFile(Deno.execPath(), deno);
    for (const path of [home, deno]) await Deno.chown(path, user.uid, user.gid);
    const minutes = String(durationMs / MINUTE_MS);
    const run = ["run", "-q", "-P=bench", "tests/soak/main.ts"];
    const { success } = await new Deno.Command(deno, {
      args: [...run, "hostile", "--seed", String(seed), "--minutes", minutes],
      cwd: PROJECT_ROOT,
      clearEnv: true,
      env: { PATH: Deno.env.get("PATH") ?? "/usr/bin:/bin", HOME: home },
      ...user,
      stdin: "null",
      stdout: "inherit",
      stderr: "inherit",
    }).output();
    if (!success) throw new Error(`It did not hold as user ${user.uid}`);
  } finally {
    await Deno.remove(home, { recursive: true });
  }
}
