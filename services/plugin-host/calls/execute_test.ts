import assert from "node:assert/strict";
import { runProgram } from "@codex/service/program";
import {
  ExecuteAnswer,
  MatchAnswer,
  PluginFailures,
  PluginHealth,
  type PluginId,
  PluginLogs,
  PluginMetrics,
  Problem,
} from "@codex/protocol";
import { assertFastEnough } from "../testing/fast_enough.ts";
import { type TestService, withService } from "../testing/test_service.ts";
import { waitUntil } from "../testing/wait_until.ts";

/** A service with the scripted plugin granted. */
async function withScripted(
  body: (service: TestService, id: PluginId) => Promise<void>,
  options?: Parameters<typeof withService>[1],
): Promise<void> {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    await body(service, id);
  }, options);
}

function execute(
  service: TestService,
  id: PluginId,
  action: string,
  params: object,
  contentType = "series",
) {
  return service.request("POST", `/plugins/${id}/execute`, {
    action: { metadata: { action, contentType, params } },
  });
}

Deno.test("execute searches, gets and pings, with the latency", async () => {
  await withScripted(async (service, id) => {
    const found = (await service.search(id, "Dune")).as(ExecuteAnswer);
    assert.equal(found.success, true);
    assert.ok(found.latencyMs > 0);
    assert.deepEqual(
      Object(found.result).results.map((it: { title: string }) => it.title),
      ["About Dune", "Dune"],
    );
    const ping = await service.request("POST", `/plugins/${id}/execute`, { action: "ping" });
    assert.equal(ping.as(ExecuteAnswer).result, "pong");
    const got = (await execute(service, id, "get", { externalId: "id-1" })).as(ExecuteAnswer);
    const { genres, extra, status, title } = Object(got.result);
    assert.deepEqual([title, genres, extra, status], ["The title", [], undefined, undefined]);
  });
});

Deno.test("what is too large in an answer is left out and told, the rest is given", async () => {
  await withScripted(async (service, id) => {
    const { success, result, ignored } = (await service.search(id, "oversized")).as(ExecuteAnswer);
    assert.equal(success, true);
    assert.deepEqual(
      Object(result).results.map((it: Record<string, unknown>) => [it.title, it.coverUrl]),
      [["fine", undefined]],
    );
    assert.deepEqual(ignored?.map(({ pointer }) => pointer).sort(), [
      "/results/0",
      "/results/0/title",
      "/results/1/coverUrl",
    ]);
    assert.equal((await service.search(id, "Dune")).as(ExecuteAnswer).ignored, undefined);
  });
});

Deno.test("wrong parameters, actions and content types are 400 and name the field", async () => {
  await withScripted(async (service, id) => {
    const wrong = await execute(service, id, "search", { query: "", limit: "many" });
    assert.equal(wrong.status, 400);
    assert.deepEqual((wrong.as(Problem).errors ?? []).map(({ pointer }) => pointer), [
      "/action/metadata/params/query",
      "/action/metadata/params/limit",
    ]);
    const book = await execute(service, id, "search", { query: "x" }, "book");
    assert.equal(book.status, 400);
    assert.match(book.as(Problem).detail, /does not offer/);
    assert.equal((await execute(service, id, "destroy", {})).status, 400);
    const unknown = await service.search(crypto.randomUUID() as PluginId, "x");
    assert.equal(unknown.status, 404);
  });
});

Deno.test("a host that was not granted is refused in words that say what to do", async () => {
  await withScripted(async (service, id) => {
    const { error } = (await service.search(id, "visit api.example.org:443")).as(ExecuteAnswer);
    assert.match(
      error?.message ?? "",
      /Host api\.example\.org:443 is not granted: add it to network in codex-plugin\.json/,
    );
  });
});

Deno.test("a plugin's own error is an answer with its code and message", async () => {
  await withScripted(async (service, id) => {
    const limited = (await service.search(id, "limited")).as(ExecuteAnswer);
    assert.deepEqual(limited.error, {
      code: -32001,
      message: "Slow down",
      data: { retryAfterSeconds: 70 },
    });
    assert.equal(limited.success, false);
  });
});

Deno.test("numbers of a plugin's error that can't be kept are told as texts, never as others", async () => {
  await withScripted(async (service, id) => {
    const { error } = (await service.search(id, "inexact")).as(ExecuteAnswer);
    assert.deepEqual(error, {
      code: -32004,
      message: "Out of numbers",
      data: { waits: ["Infinity", "Infinity", 5], id: "Infinity" },
    });
  });
});

Deno.test("a crash is 502 within a second and the next call works", async () => {
  await withScripted(async (service, id) => {
    await service.search(id, "x");
    await assertFastEnough(1000, async () => {
      const before = performance.now();
      const crashed = await service.search(id, "crash");
      const tookMs = performance.now() - before;
      assert.deepEqual([crashed.status, crashed.as(Problem).code], [502, "plugin_crashed"]);
      assert.match(crashed.as(Problem).detail, /exited with code 3/);
      assert.equal((await service.search(id, "x")).as(ExecuteAnswer).success, true);
      return tookMs;
    });
  });
});

/** The pid of the one Deno plugin that runs, once those that only told their manifest are gone. */
async function onlyProcess(service: TestService): Promise<number> {
  let lines: string[] = [];
  await waitUntil(async () => {
    const { stdout } = await runProgram({
      command: "ps",
      args: ["-eo", "pid=,stat=,args="],
      timeoutMs: 60_000,
    });
    lines = stdout.split("\n").filter((it) =>
      /^\s*\d+\s+[^Z]/.test(it) && it.includes(service.plugins) && it.includes("bootstrap.mjs")
    );
    return lines.length === 1;
  }, "one process runs");
  return Number(lines[0]?.trim().split(" ")[0]);
}

Deno.test("kill -9 of the process in the middle of a search is 502 within a second", async () => {
  await withScripted(async (service, id) => {
    await service.search(id, "x");
    let hangs = 0;
    await assertFastEnough(1000, async () => {
      const searching = service.search(id, "hang");
      await service.logged(id, "hangs", ++hangs);
      const pid = await onlyProcess(service);
      const before = performance.now();
      Deno.kill(pid, "SIGKILL");
      const crashed = await searching;
      const tookMs = performance.now() - before;
      assert.deepEqual([crashed.status, crashed.as(Problem).code], [502, "plugin_crashed"]);
      assert.match(crashed.as(Problem).detail, /SIGKILL/);
      assert.equal((await service.search(id, "x")).as(ExecuteAnswer).success, true);
      return tookMs;
    });
  });
});

Deno.test("a call past the plugin's deadline is 504", async () => {
  await withScripted(async (service, id) => {
    await service.request("PATCH", `/admin/plugins/${id}`, { requestTimeoutSeconds: 5 });
    const late = await service.search(id, "hang");
    assert.deepEqual([late.status, late.as(Problem).code], [504, "deadline_exceeded"]);
    assert.equal((await service.search(id, "x")).status, 200);
  });
});

Deno.test("an answer of another shape is 502 and names what is wrong", async () => {
  await withScripted(async (service, id) => {
    const bad = await service.search(id, "misshapen");
    assert.deepEqual([bad.status, bad.as(Problem).code], [502, "plugin_failed"]);
    assert.match(bad.as(Problem).detail, /\/results: Must be a list/);
  });
});

Deno.test("match of a plugin that can only search is done by the host", async () => {
  await withScripted(async (service, id) => {
    const answer = (await execute(service, id, "match", { title: "Dune", year: 1965 }))
      .as(ExecuteAnswer);
    const match = MatchAnswer.parse(answer.result);
    assert.deepEqual([match.match?.title, match.confidence], ["Dune", 0.85]);
    assert.deepEqual(match.alternatives.map(({ title }) => title), ["About Dune"]);
    const { failures } = (await service.request("GET", `/admin/plugins/${id}/failures`))
      .as(PluginFailures);
    assert.deepEqual(failures, []);
  });
});

Deno.test("faults of the plugin count, outside faults degrade, limits do neither", async () => {
  await withScripted(async (service, id) => {
    const health = async () =>
      (await service.request("GET", `/admin/plugins/${id}/health`)).as(PluginHealth);
    await service.search(id, "x");
    await service.search(id, "limited");
    assert.equal((await health()).healthStatus, "healthy");
    await service.request("POST", `/admin/plugins/${id}/reset`);
    await service.search(id, "outside");
    assert.deepEqual(
      [(await health()).healthStatus, (await health()).failureCount],
      ["degraded", 0],
    );
    for (const query of ["broken", "misshapen", "crash"]) await service.search(id, query);
    assert.deepEqual(
      [(await health()).healthStatus, (await health()).failureCount],
      ["unhealthy", 3],
    );
    const { failures, total, windowFailures } =
      (await service.request("GET", `/admin/plugins/${id}/failures`)).as(PluginFailures);
    assert.deepEqual(failures.map(({ errorCode }) => errorCode), [
      "crashed",
      "invalid_answer",
      "-32603",
      "-32004",
    ]);
    assert.deepEqual([total, windowFailures], [4, 3]);
    assert.equal(failures[0]?.method, "metadata/series/search");
    assert.equal(failures[0]?.requestSummary, "query");
    await service.request("POST", `/admin/plugins/${id}/reset`);
    assert.deepEqual((await health()).failureCount, 0);
  });
});

Deno.test("metrics count per method, and logs hold what the plugin wrote", async () => {
  await withScripted(async (service, id) => {
    await service.search(id, "x");
    await service.search(id, "broken");
    const { plugins } = (await service.request("GET", "/metrics/plugins")).as(PluginMetrics);
    const [method] = plugins[0]?.methods ?? [];
    assert.deepEqual(
      [method?.method, method?.requests, method?.failures],
      ["metadata/series/search", 2, 1],
    );
    await service.logged(id, "initialized");
    const { lines } = (await service.request("GET", `/admin/plugins/${id}/logs`)).as(PluginLogs);
    assert.ok(lines.some(({ text }) => text === "initialized"));
  });
});

Deno.test("with every process busy a call is 503 with a time to retry", async () => {
  await withScripted(async (service, id) => {
    await service.install("other");
    await service.request("POST", "/admin/plugins/reload");
    const other = await service.grant("other");
    await service.search(id, "x");
    const busy = service.search(id, "hang");
    await service.logged(id, "hangs");
    const refused = await service.search(other.id, "x");
    assert.deepEqual([refused.status, refused.as(Problem).code], [503, "no_capacity"]);
    assert.ok(Number(refused.headers.get("retry-after")) > 0);
    await service.deps.runtime.stop(id, "now");
    await busy;
    assert.equal((await service.search(other.id, "x")).status, 200);
  }, { processesMax: 1 });
});
