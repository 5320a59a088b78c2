import assert from "node:assert/strict";
import postgres from "postgres";
import {
  ExecuteAnswer,
  type NewAuditEntry,
  PluginFailures,
  PluginHealth,
  type PluginId,
  Problem,
} from "@codex/protocol";
import { quietLogger } from "@codex/service";
import { type TestService, withService } from "../testing/test_service.ts";
import { waitUntil } from "../testing/wait_until.ts";
import { FaultKeeper } from "./fault_keeper.ts";

const LIMITS = { faultLimits: { inARow: 3, inWindow: 6, windowSeconds: 600 } };

async function withScripted(
  body: (service: TestService, id: PluginId) => Promise<void>,
): Promise<void> {
  await withService(async (service) => {
    await service.install("scripted");
    await service.request("POST", "/admin/plugins/reload");
    const { id } = await service.grant("scripted");
    await service.search(id, "x");
    await body(service, id);
  }, LIMITS);
}

const healthOf = async (service: TestService, id: PluginId) =>
  (await service.request("GET", `/admin/plugins/${id}/health`)).as(PluginHealth);

/** Audit lines about plugins that were turned off. */
const turnedOff = (service: TestService): NewAuditEntry[] =>
  service.auth.audit.filter(({ action }) => action === "plugin.disabled");

Deno.test("three faults in a row turn a plugin off, with the reason and one line of audit", async () => {
  await withScripted(async (service, id) => {
    await service.search(id, "broken");
    await service.search(id, "misshapen");
    assert.equal((await healthOf(service, id)).healthStatus, "unhealthy");
    await service.search(id, "broken");
    const health = await healthOf(service, id);
    assert.deepEqual([health.healthStatus, health.state], ["disabled", "disabled"]);
    assert.match(health.disabledReason ?? "", /3 faults in a row.*Broken inside/);
    const refused = await service.search(id, "x");
    assert.deepEqual([refused.status, refused.as(Problem).code], [503, "plugin_off"]);
    await waitUntil(() => service.deps.runtime.liveCount === 0, "no process is left");
    await waitUntil(() => turnedOff(service).length === 1, "it is told");
    const [line] = turnedOff(service);
    assert.equal(line?.target, id);
    assert.match(String(Object(line?.detail).reason), /3 faults in a row/);
    await service.runTasks();
    assert.equal(turnedOff(service).length, 1);
  });
});

Deno.test("a ping ends no row of faults, a call that goes well does", async () => {
  await withScripted(async (service, id) => {
    await service.search(id, "broken");
    const ping = await service.request("POST", `/plugins/${id}/execute`, { action: "ping" });
    assert.equal(ping.as(ExecuteAnswer).success, true);
    assert.equal((await healthOf(service, id)).failureCount, 1);
    await service.search(id, "x");
    assert.equal((await healthOf(service, id)).failureCount, 0);
  });
});

Deno.test("reset turns it on again with a clean count", async () => {
  await withScripted(async (service, id) => {
    for (let fault = 0; fault < 3; fault++) await service.search(id, "broken");
    await service.request("POST", `/admin/plugins/${id}/reset`);
    assert.equal((await healthOf(service, id)).failureCount, 0);
    for (let fault = 0; fault < 2; fault++) await service.search(id, "broken");
    assert.equal((await service.search(id, "x")).as(ExecuteAnswer).success, true);
  });
});

Deno.test("reset starts at once what crashed too often to be started", async () => {
  await withScripted(async (service, id) => {
    for (let crash = 0; crash < 2; crash++) await service.search(id, "crash");
    await service.request("POST", `/admin/plugins/${id}/reset`);
    assert.equal((await service.search(id, "x")).status, 200);
  });
});

Deno.test("faults with successes between them turn it off once there are enough within the window", async () => {
  await withScripted(async (service, id) => {
    const faultAndSuccess = async () => {
      await service.search(id, "broken");
      return (await service.search(id, "x")).status;
    };
    for (let fault = 0; fault < 5; fault++) assert.equal(await faultAndSuccess(), 200);
    const sql = postgres(service.adminUrl, { max: 1 });
    await sql`update plugin_host.plugins set fault_times = array(
      select at - interval '1 hour' from unnest(fault_times) as t (at))`;
    await sql.end();
    for (let fault = 0; fault < 5; fault++) assert.equal(await faultAndSuccess(), 200);
    assert.equal(await faultAndSuccess(), 503);
    assert.match((await healthOf(service, id)).disabledReason ?? "", /6 faults within 10 minutes;/);
    const failures = (await service.request("GET", `/admin/plugins/${id}/failures`))
      .as(PluginFailures);
    assert.deepEqual(
      [failures.threshold, failures.windowThreshold, failures.windowSeconds],
      [3, 6, 600],
    );
    assert.equal(failures.windowFailures, 11);
  });
});

Deno.test("a service that is down, limits and settings never turn a plugin off", async () => {
  await withScripted(async (service, id) => {
    for (let fault = 0; fault < 8; fault++) await service.search(id, "outside");
    for (let fault = 0; fault < 8; fault++) await service.search(id, "unconfigured");
    const health = await healthOf(service, id);
    assert.deepEqual([health.healthStatus, health.failureCount], ["degraded", 0]);
    const { failures, windowFailures } =
      (await service.request("GET", `/admin/plugins/${id}/failures`)).as(PluginFailures);
    assert.deepEqual([failures.length, windowFailures], [16, 0]);
    assert.equal((await service.search(id, "x")).as(ExecuteAnswer).success, true);
    assert.equal((await healthOf(service, id)).healthStatus, "healthy");
  });
});

Deno.test("a crash that strikes many calls is one fault", async () => {
  await withScripted(async (service, id) => {
    await service.search(id, "x");
    const hanging = Array.from({ length: 5 }, () => service.search(id, "hang"));
    // All of them have to reach the plugin before the call that ends it.
    await service.logged(id, "hangs", hanging.length);
    await service.search(id, "crash");
    for (const { status } of await Promise.all(hanging)) assert.equal(status, 502);
    assert.equal((await healthOf(service, id)).failureCount, 1);
  });
});

Deno.test("replicas count together: of 20 faults at once one turns it off, told once", async () => {
  await withScripted(async (first, id) => {
    const second = await first.replica();
    await second.search(id, "x");
    await Promise.all(
      Array.from({ length: 20 }, (_, index) => (index % 2 ? first : second).search(id, "broken")),
    );
    const health = await healthOf(first, id);
    assert.equal(health.healthStatus, "disabled");
    assert.ok(health.failureCount >= 3);
    await waitUntil(() => turnedOff(first).length > 0, "it is told");
    await Promise.all([first.runTasks(), second.runTasks()]);
    assert.equal(turnedOff(first).length, 1);
  });
});

Deno.test("a plugin that one replica turned off has no process left on the others", async () => {
  await withScripted(async (first, id) => {
    const second = await first.replica();
    await second.search(id, "x");
    const hanging = second.search(id, "hang");
    await second.logged(id, "hangs");
    await first.request("POST", `/admin/plugins/${id}/disable`);
    assert.equal(second.deps.runtime.liveCount, 1);
    await second.runTasks();
    assert.equal(second.deps.runtime.liveCount, 0);
    assert.equal((await hanging).as(Problem).code, "plugin_off");
  });
});

Deno.test("a plugin that one replica changed is started anew on the others, calls finish first", async () => {
  await withScripted(async (first, id) => {
    const second = await first.replica();
    await second.search(id, "x");
    const slow = second.search(id, "slow");
    await second.logged(id, "is slow");
    await first.request("PATCH", `/admin/plugins/${id}`, { config: { changed: true } });
    await second.runTasks();
    assert.equal((await slow).as(ExecuteAnswer).success, true);
    await waitUntil(() => second.deps.runtime.liveCount === 0, "no process is left");
  });
});

Deno.test("an audit line that auth could not take is told later", async () => {
  await withScripted(async (service, id) => {
    const { appendAudit } = service.auth;
    service.auth.appendAudit = () => Promise.reject(new Error("auth is away"));
    for (let fault = 0; fault < 3; fault++) await service.search(id, "broken");
    await waitUntil(() => service.deps.runtime.liveCount === 0, "no process is left");
    assert.deepEqual(turnedOff(service), []);
    service.auth.appendAudit = appendAudit;
    await service.runTasks();
    assert.equal(turnedOff(service).length, 1);
  });
});

Deno.test("a message that the database refuses doesn't keep its fault from counting", async () => {
  await withScripted(async ({ deps: { db }, ...service }, id) => {
    let turnedOff = 0;
    const faults = new FaultKeeper({
      db,
      limits: LIMITS.faultLimits,
      logger: quietLogger(),
      onTurnedOff: () => Promise.resolve(void turnedOff++),
    });
    const failure = { pluginId: id, method: undefined, errorCode: "1", requestSummary: undefined };
    for (const errorMessage of ["NUL \0", "half \ud83d", `${"x".repeat(1999)}😀`]) {
      await faults.record({ ...failure, errorMessage }, "plugin");
    }
    assert.equal(turnedOff, 1);
    const { failures } = (await service.request("GET", `/admin/plugins/${id}/failures`))
      .as(PluginFailures);
    assert.equal(failures.length, 3);
  });
});
