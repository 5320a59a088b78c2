import assert from "node:assert/strict";
import {
  ExecuteAnswer,
  PluginFailures,
  PluginHealth,
  type PluginId,
  Problem,
  type Subject,
} from "@codex/protocol";
import { testSubject } from "@codex/service/testing";
import { type Answer, type TestService, withService } from "../testing/test_service.ts";
import { waitUntil } from "../testing/wait_until.ts";

interface Scene {
  readonly service: TestService;
  readonly id: PluginId;
  /** Two readers. */
  readonly many: Subject;
  readonly other: Subject;
  searchAs(subject: Subject, query: string, on?: TestService): Promise<Answer>;
  health(): Promise<PluginHealth>;
  failureCodes(): Promise<(string | undefined)[]>;
}

/** The scripted plugin, with its manifest changed. */
async function withScripted(
  change: Record<string, unknown>,
  timeoutSeconds: number,
  body: (scene: Scene) => Promise<void>,
): Promise<void> {
  await withService(async (service) => {
    await service.install("scripted", change);
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    await service.request("PATCH", `/admin/plugins/${id}`, {
      requestTimeoutSeconds: timeoutSeconds,
    });
    const params = (query: string) => ({
      action: { metadata: { action: "search", contentType: "series", params: { query } } },
    });
    const [many, other] = [testSubject("reader"), testSubject("reader")];
    const searchAs: Scene["searchAs"] = (subject, query, on = service) =>
      on.request("POST", `/plugins/${id}/execute`, params(query), { subject });
    await searchAs(other, "x");
    await body({
      service,
      id,
      many,
      other,
      searchAs,
      health: async () =>
        (await service.request("GET", `/admin/plugins/${id}/health`)).as(PluginHealth),
      failureCodes: async () =>
        (await service.request("GET", `/admin/plugins/${id}/failures`)).as(PluginFailures)
          .failures.map(({ errorCode }) => errorCode),
    });
  }, { faultLimits: { inARow: 3, inWindow: 3, windowSeconds: 600 } });
}

const ONE_BY_ONE = { description: "Works on its calls one by one" };

function times<T>(count: number, run: () => Promise<T>): Promise<T>[] {
  return Array.from({ length: count }, run);
}

Deno.test("80 searches of one reader at once on a plugin that works one by one are no fault of it, and another's is answered", async () => {
  const undeclared = { ...ONE_BY_ONE, maxConcurrentCalls: undefined };
  await withScripted(undeclared, 10, async (scene) => {
    const { many, other, searchAs, health, failureCodes } = scene;
    const searches = times(80, () => searchAs(many, "brief"));
    // One of them has been worked on: all of them have come.
    await Promise.race(searches);
    const found = await searchAs(other, "x");
    assert.equal(found.as(ExecuteAnswer).success, true);
    const answers = await Promise.all(searches);
    const refused = answers.filter(({ status }) => status !== 200);
    assert.ok(refused.length > 0 && refused.length < 80);
    for (const { status, headers, as } of refused) {
      assert.deepEqual([status, as(Problem).code], [503, "no_capacity"]);
      assert.match(as(Problem).detail, /^You use half of what the plugin works on at a time: /);
      assert.ok(Number(headers.get("retry-after")) > 0);
    }
    assert.deepEqual(await failureCodes(), []);
    assert.equal((await health()).failureCount, 0);
  });
});

Deno.test("a plugin that claims to take many calls and takes one is found out, without a fault", async () => {
  // 16 at once take 3.2 s.
  await withScripted({ ...ONE_BY_ONE, maxConcurrentCalls: 32 }, 1, async (scene) => {
    const { many, other, searchAs, health, failureCodes } = scene;
    const answers = await Promise.all(times(80, () => searchAs(many, "brief")));
    assert.ok(answers.some(({ status }) => status === 504));
    await waitUntil(
      async () => (await searchAs(other, "x")).status === 200,
      "what was given up is worked off",
    );
    const codes = await failureCodes();
    assert.ok(codes.length > 0 && codes.every((code) => code === "busy"), `${codes}`);
    assert.deepEqual([(await health()).failureCount, (await health()).state], [0, "running"]);
  });
});

Deno.test("answers to what was given up excuse the calls that wait behind it", async () => {
  const queued = { description: "Works on its calls one by one, from a queue of its own" };
  await withScripted({ ...queued, maxConcurrentCalls: 32 }, 1, async (scene) => {
    const { many, other, searchAs, health, failureCodes } = scene;
    // 16 at once take 3.2 s; whoever was told of a missed deadline asks again at once.
    const asking = times(16, async () => {
      for (let call = 0; call < 4; call++) await searchAs(many, "brief");
    });
    await Promise.all(asking);
    await waitUntil(
      async () => (await searchAs(other, "x")).status === 200,
      "what was given up is worked off",
    );
    assert.ok((await failureCodes()).includes("busy"));
    assert.equal((await health()).state, "running");
  });
});

Deno.test("a plugin that answers pings and no calls is turned off by three of them, each alone", async () => {
  await withScripted({}, 1, async ({ service, id, many, searchAs, health }) => {
    for (let call = 0; call < 3; call++) {
      assert.equal((await searchAs(many, "hang")).status, 504);
      await service.request("POST", `/plugins/${id}/execute`, { action: "ping" });
    }
    assert.equal((await health()).state, "disabled");
    assert.match((await health()).disabledReason ?? "", /3 faults in a row.*did not answer/);
  });
});

Deno.test("calls that hang beside each other, with no answer between them, are one fault", async () => {
  await withScripted({}, 1, async ({ many, other, searchAs, health, failureCodes }) => {
    const hanging = [many, many, many, other, other, other].map((it) => searchAs(it, "hang"));
    for (const { status } of await Promise.all(hanging)) assert.equal(status, 504);
    assert.deepEqual(await failureCodes(), ["timeout"]);
    assert.equal((await health()).failureCount, 1);
  });
});

Deno.test("a plugin that answers a trivial call and lets all others hang is turned off in the end", async () => {
  await withScripted({}, 1, async ({ many, other, searchAs, health, failureCodes }) => {
    const isOff = async () => (await health()).state === "disabled";
    let rounds = 0;
    for (; rounds < 10 && !await isOff(); rounds++) {
      const hanging = [many, many, other].map((it) => searchAs(it, "hang"));
      await searchAs(other, "x");
      await Promise.all(hanging);
    }
    assert.ok(await isOff(), `${rounds} rounds`);
    const codes = await failureCodes();
    // Those of the first rounds were excused; then there was one call at a time.
    const [excused, counted] = ["busy", "timeout"].map((it) => codes.filter((code) => code === it));
    assert.deepEqual([excused!.length + counted!.length, counted!.length], [codes.length, 3]);
    assert.ok(excused!.length >= 1 && excused!.length <= 6, `${codes}`);
    assert.match((await health()).disabledReason ?? "", /3 faults /);
  });
});

Deno.test("one reader has half of a plugin's places, whatever the reader asks of it", async () => {
  await withScripted({ maxConcurrentCalls: 8 }, 2, async (scene) => {
    const { service, id, many, other, searchAs } = scene;
    const hanging = times(6, () => searchAs(many, "hang"));
    await service.logged(id, "hangs", 4);
    for (const { status } of await Promise.all(times(4, () => searchAs(other, "x")))) {
      assert.equal(status, 200);
    }
    const outcomes = await Promise.all(hanging);
    const statuses = outcomes.map(({ status }) => status).toSorted();
    assert.deepEqual(statuses, [503, 503, 504, 504, 504, 504]);
  });
});

Deno.test("one reader has half of a plugin's rate over all replicas, another and the services' own work have theirs", async () => {
  await withScripted({}, 30, async ({ service: first, id, many, other, searchAs }) => {
    const second = await first.replica();
    await first.request("PATCH", `/admin/plugins/${id}`, { rateLimitRequestsPerMinute: 5 });
    const statuses = async (subject: Subject) => {
      const answers = [first, second, first].map((on) => searchAs(subject, "x", on));
      return (await Promise.all(answers)).map(({ status }) => status).toSorted();
    };
    assert.deepEqual(await statuses(many), [200, 200, 429]);
    const refused = await searchAs(many, "x", second);
    assert.equal(
      refused.as(Problem).detail,
      'You use half of the 5 calls a minute that plugin "scripted" may be sent; the rest is for others',
    );
    const retryAfter = Number(refused.headers.get("retry-after"));
    assert.ok(retryAfter > 0 && retryAfter <= 60);
    assert.deepEqual(await statuses(other), [200, 200, 429]);
    const own = () =>
      first.request("POST", `/internal/plugins/${id}/call`, {
        method: "metadata/series/search",
        params: { query: "x" },
      }, { service: "library", subject: null });
    assert.equal((await own()).status, 200);
    const over = (await own()).as(Problem);
    assert.match(over.detail, /may be called 5 times a minute, which it was/);
  });
});

Deno.test("a call that its reader's half refuses takes nothing of the whole to another replica", async () => {
  await withScripted({}, 30, async ({ service: first, id, many, other, searchAs }) => {
    const second = await first.replica();
    await first.request("PATCH", `/admin/plugins/${id}`, { rateLimitRequestsPerMinute: 5 });
    const statuses: number[] = [];
    for (
      const [subject, on] of [
        [many, first],
        [many, first],
        [many, second],
        [other, first],
        [other, first],
        [other, second],
      ] as const
    ) statuses.push((await searchAs(subject, "x", on)).status);
    assert.deepEqual(statuses, [200, 200, 429, 200, 200, 429]);
    const own = await first.request("POST", `/internal/plugins/${id}/call`, {
      method: "metadata/series/search",
      params: { query: "x" },
    }, { service: "library", subject: null });
    assert.equal(own.status, 200);
  });
});

Deno.test("a rate of one call a minute is one call for whoever comes first", async () => {
  await withScripted({}, 30, async ({ service, id, many, other, searchAs }) => {
    await service.request("PATCH", `/admin/plugins/${id}`, { rateLimitRequestsPerMinute: 1 });
    assert.equal((await searchAs(many, "x")).status, 200);
    for (const reader of [many, other]) assert.equal((await searchAs(reader, "x")).status, 429);
  });
});
