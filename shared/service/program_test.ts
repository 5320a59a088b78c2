import assert from "node:assert/strict";
import { runProgram } from "./program.ts";

const TIMEOUT_MS = 20_000;

/** Runs a line of shell with the bounds of a program that answers soon. */
function runLine(line: string, timeoutMs = TIMEOUT_MS) {
  return runProgram({ command: "sh", args: ["-c", line], timeoutMs });
}

Deno.test("output, exit code and success of a program are told", async () => {
  assert.deepEqual(await runLine("printf out; printf err >&2; exit 3"), {
    success: false,
    code: 3,
    isLate: false,
    stdout: "out",
    stderr: "err",
  });
  assert.equal((await runLine("true")).success, true);
});

Deno.test("the environment holds what was given and nothing of ours", async () => {
  const { stdout } = await runProgram({
    command: "/usr/bin/env",
    args: [],
    env: { ONLY: "this" },
    timeoutMs: TIMEOUT_MS,
  });
  assert.equal(stdout.trim(), "ONLY=this");
});

Deno.test("a program that isn't there rejects", async () => {
  await assert.rejects(
    runProgram({ command: "no-such-program", args: [], timeoutMs: TIMEOUT_MS }),
    Deno.errors.NotFound,
  );
});

Deno.test("a program that doesn't end is ended with its children, and told as late", async () => {
  const outcome = await runLine("sleep 600 & echo $!; wait", 500);
  assert.equal(outcome.isLate, true);
  assert.equal(outcome.success, false);
  await assertGone(Number(outcome.stdout));
});

Deno.test("a program is ended with its children when its caller gives up", async () => {
  const args = ["-c", "sleep 600 & echo $!; wait"];
  const program = { command: "sh", args, timeoutMs: 600_000 };
  const controller = new AbortController();
  const running = runProgram({ ...program, signal: controller.signal });
  controller.abort();
  assert.equal((await running).isLate, true);
  assert.equal((await runProgram({ ...program, signal: controller.signal })).success, false);
});

Deno.test("a child that holds the pipes is not waited for, and ends with its parent", async () => {
  const outcome = await runLine("sleep 600 & echo $!");
  assert.equal(outcome.success, true);
  await assertGone(Number(outcome.stdout));
});

Deno.test("a child of another session that holds the pipes is not waited for", async () => {
  const note = await Deno.makeTempFile();
  const child = `setsid sh -c 'echo $$ > ${note}; exec sleep 600'`;
  const outcome = await runLine(`${child} & until [ -s ${note} ]; do sleep 0.02; done`);
  assert.equal(outcome.success, true);
  // It left the group, so that only its own number ends it.
  Deno.kill(Number(await Deno.readTextFile(note)), "SIGKILL");
  await Deno.remove(note);
});

Deno.test("output beyond the limit is read and dropped, so that the program can end", async () => {
  const outcome = await runProgram({
    command: "head",
    args: ["-c", "3000000", "/dev/zero"],
    timeoutMs: TIMEOUT_MS,
    outputBytesMax: 1000,
  });
  assert.equal(outcome.success, true);
  assert.equal(outcome.stdout.length, 1000);
});

/** The kernel takes a moment to remove a killed process, and its new parent one to reap it. */
async function assertGone(pid: number): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    const { stdout } = await runLine(`ps -o stat= -p ${pid}`);
    if (stdout.trim() === "" || stdout.trim().startsWith("Z")) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.fail(`Process ${pid} is still there`);
}
