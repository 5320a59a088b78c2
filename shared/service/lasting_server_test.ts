/** A service whose process has no descriptor left for another connection. */
import { equal, match, ok } from "node:assert/strict";
import { requireTool } from "../../infra/test/tools.ts";

/** A machine that is busy with other tests gives up late. */
const DEADLINE_MS = 60_000;

Deno.test({
  name: "a service that ran out of descriptors says so and serves again at the same port",
  // Its limit of open files is set by a program of util-linux.
  ignore: requireTool("prlimit") === "skip",
  async fn() {
    const script = new URL("testdata/lasting_service.ts", import.meta.url).pathname;
    const child = new Deno.Command("prlimit", {
      args: [
        "--nofile=80:80",
        Deno.execPath(),
        ...["run", "-q", "--cached-only", "--allow-net=127.0.0.1", script],
      ],
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    let output = "";
    const read = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
      for await (const text of stream.pipeThrough(new TextDecoderStream())) output += text;
    };
    const done = Promise.all([read(child.stdout), read(child.stderr)]);
    const portOf = () => /Listening on 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
    await until(() => portOf() !== undefined);
    const port = Number(portOf());
    const served = async () => {
      const reply = await fetch(`http://127.0.0.1:${port}`).catch(() => undefined);
      return await reply?.text() === "hello";
    };
    ok(await served());

    const flood = await Promise.allSettled(
      Array.from({ length: 200 }, () => Deno.connect({ hostname: "127.0.0.1", port })),
    );
    await until(() => output.includes("listening again"));
    for (const one of flood) if (one.status === "fulfilled") one.value.close();
    await until(served);

    child.kill("SIGTERM");
    equal((await child.status).code, 0);
    await done;
    match(output, /Too many open files[^]*Stopped/);
  },
});

async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + DEADLINE_MS;
  while (!await condition()) {
    ok(performance.now() < deadline, "It did not come to pass");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
