import { deepEqual as equal } from "node:assert/strict";
import type { CallContext, PurgingService, Subject } from "@codex/protocol";
import { ProblemError } from "@codex/service";
import { createFixture, type Fixture, json } from "../testing/fixture.ts";
import { type Purgers, runDuePurges } from "./purge_worker.ts";

/** Services that note what they were asked, and fail as long as they are told to. */
function fakePurgers() {
  const asked: string[] = [];
  const failing = new Set<string>();
  const note = (service: string, kind: string) => (_context: CallContext, id: string) => {
    asked.push(`${service} ${kind} ${id}`);
    return failing.has(service)
      ? Promise.reject(new ProblemError("service_unavailable", "Can't be reached"))
      : Promise.resolve();
  };
  const purger = (service: string): PurgingService => ({
    purgeConnection: note(service, "connection"),
    purgeUser: note(service, "user"),
  });
  const purgers: Purgers = {
    library: purger("library"),
    storage: purger("storage"),
    "plugin-host": {
      ...purger("plugin-host"),
      withdrawConnection: (context, id, revision) =>
        note("plugin-host", `withdrawal before ${revision}`)(context, id),
    },
    sync: purger("sync"),
  };
  return { purgers, failing, takeAsked: () => asked.splice(0).sort() };
}

async function connectAndLeave(auth: Fixture, subject: Subject): Promise<string> {
  const pluginId = auth.addPlugin();
  const path = `/internal/connections/${pluginId}`;
  const { id } = await json(await auth.call("POST", `${path}/enable`, { subject }));
  await json(await auth.call("DELETE", path, { subject }));
  return String(id);
}

const countOwed = async (auth: Fixture) => (await auth.sql`select 1 from purges_owed`).length;

Deno.test("every service is asked once, and nothing is owed any more", async () => {
  await using auth = await createFixture();
  const id = await connectAndLeave(auth, await auth.addUser("ada"));
  const { purgers, takeAsked } = fakePurgers();
  equal(await runDuePurges({ ...auth.deps, purgers }), 3);
  equal(takeAsked(), [
    `plugin-host connection ${id}`,
    `storage connection ${id}`,
    `sync connection ${id}`,
  ]);
  equal(await countOwed(auth), 0);
  equal(await runDuePurges({ ...auth.deps, purgers }), 0);
  equal(takeAsked(), []);
});

Deno.test("a purge that fails is repeated with growing delay until it is acknowledged", async () => {
  await using auth = await createFixture();
  const id = await connectAndLeave(auth, await auth.addUser("ada"));
  const { purgers, failing, takeAsked } = fakePurgers();
  failing.add("storage");
  equal(await runDuePurges({ ...auth.deps, purgers }), 2);
  takeAsked();
  for (const delayMs of [2000, 4000, 8000]) {
    auth.clock.advance(delayMs - 1);
    equal(await runDuePurges({ ...auth.deps, purgers }), 0);
    equal(takeAsked(), [], "Not yet due");
    auth.clock.advance(1);
    equal(await runDuePurges({ ...auth.deps, purgers }), 0);
    equal(takeAsked(), [`storage connection ${id}`]);
  }
  failing.clear();
  auth.clock.advance(16_000);
  equal(await runDuePurges({ ...auth.deps, purgers }), 1);
  equal(await countOwed(auth), 0);
});

Deno.test("two replicas at once ask each service once", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  for (let n = 0; n < 30; n++) await connectAndLeave(auth, subject);
  const { purgers, takeAsked } = fakePurgers();
  const run = () => runDuePurges({ ...auth.deps, purgers });
  const acknowledged = await Promise.all([run(), run(), run()]);
  equal(acknowledged.reduce((sum, count) => sum + count), 90);
  const asked = takeAsked();
  equal([asked.length, new Set(asked).size], [90, 90]);
});

Deno.test("a purge whose worker died is taken by another after its lease", async () => {
  await using auth = await createFixture();
  await connectAndLeave(auth, await auth.addUser("ada"));
  const dead: Promise<void> = new Promise(() => {});
  const hanging = {
    purgeConnection: () => dead,
    purgeUser: () => dead,
    withdrawConnection: () => dead,
  };
  const claimed = runDuePurges({
    ...auth.deps,
    purgers: { library: hanging, storage: hanging, "plugin-host": hanging, sync: hanging },
  });
  // The claim is there once every row has its attempt; the call itself never returns.
  while ((await auth.sql`select 1 from purges_owed where attempts = 0`).length > 0);
  const { purgers, takeAsked } = fakePurgers();
  equal(await runDuePurges({ ...auth.deps, purgers }), 0);
  auth.clock.advance(60_000);
  equal(await runDuePurges({ ...auth.deps, purgers }), 3);
  equal(takeAsked().length, 3);
  void claimed;
});

Deno.test("purges of a user reach library too", async () => {
  await using auth = await createFixture();
  const root = await auth.addUser("root", "admin");
  const { userId } = await auth.addUser("ada");
  await json(await auth.call("DELETE", `/api/v1/users/${userId}`, { subject: root }));
  const { purgers, takeAsked } = fakePurgers();
  await runDuePurges({ ...auth.deps, purgers });
  equal(
    takeAsked(),
    ["library", "plugin-host", "storage", "sync"].map((it) => `${it} user ${userId}`),
  );
});

Deno.test("turning a connection off has plugin-host end its processes, each time anew", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  const change = async (act: string) =>
    await json(await auth.call("POST", `/internal/connections/${pluginId}/${act}`, { subject }));
  const { id } = await change("enable");
  const { purgers, failing, takeAsked } = fakePurgers();
  await change("disable");
  equal(auth.purgesOwed(), 1, "The worker is nudged");
  failing.add("plugin-host");
  equal(await runDuePurges({ ...auth.deps, purgers }), 0);
  equal(takeAsked(), [`plugin-host withdrawal before 2 ${id}`]);
  failing.clear();
  auth.clock.advance(2000);
  equal(await runDuePurges({ ...auth.deps, purgers }), 1);
  takeAsked();
  await change("enable");
  await change("disable");
  equal(await runDuePurges({ ...auth.deps, purgers }), 1);
  equal(takeAsked(), [`plugin-host withdrawal before 3 ${id}`]);
});

Deno.test("a connection turned off again beside an attempt is withdrawn again", async () => {
  await using auth = await createFixture();
  const subject = await auth.addUser("ada");
  const pluginId = auth.addPlugin();
  const change = async (act: string) =>
    await json(await auth.call("POST", `/internal/connections/${pluginId}/${act}`, { subject }));
  await change("enable");
  await change("disable");
  const { purgers, takeAsked } = fakePurgers();
  const { withdrawConnection } = purgers["plugin-host"];
  let isFirst = true;
  const meanwhile: Purgers = {
    ...purgers,
    "plugin-host": {
      ...purgers["plugin-host"],
      async withdrawConnection(...asked) {
        if (isFirst) {
          isFirst = false;
          await change("enable");
          await change("disable");
        }
        await withdrawConnection(...asked);
      },
    },
  };
  await runDuePurges({ ...auth.deps, purgers: meanwhile });
  await runDuePurges({ ...auth.deps, purgers });
  equal(takeAsked().map((it) => it.split(" ")[3]), ["2", "3"]);
  equal(await countOwed(auth), 0);
});
