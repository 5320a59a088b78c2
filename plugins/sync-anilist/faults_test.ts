import assert from "node:assert/strict";
import type { Fault, OperationInfo } from "../../tests/fakes/anilist/faults.ts";
import { TOKEN, withPlugin } from "./testing.ts";

const series = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    externalId: String(index + 1),
    progress: { volumes: 3 },
  }));

const isSave = ({ kind }: OperationInfo) => kind === "mutation";

/** The second request that saves. */
function secondSave(): (operation: OperationInfo) => boolean {
  let saves = 0;
  return (operation) => isSave(operation) && ++saves === 2;
}

Deno.test("an expired token, and a missing one, ask the reader to connect again", async () => {
  await withPlugin(async ({ fake, host, push }) => {
    await push(...series(1));
    fake.revoke(TOKEN);
    for (const method of ["sync/getUserInfo", "sync/pullProgress", "sync/status"]) {
      await assert.rejects(host.call(method), {
        code: -32003,
        message: "AniList refuses the access token: connect again",
      });
    }
    await assert.rejects(push(...series(2)), { code: -32003 });
  });
  await withPlugin(async ({ fake, pull }) => {
    await assert.rejects(pull(), { code: -32003, message: "Connect to AniList first" });
    assert.equal(fake.requests.length, 0);
  }, { token: null });
});

Deno.test("a token that expires in the middle of a push ends it as a whole", () =>
  withPlugin(async ({ fake, push }) => {
    fake.plan({ kind: "invalid_token" }, { when: secondSave() });
    await assert.rejects(push(...series(50)), { code: -32003 });
    fake.clearFaults();
    const { success } = await push(...series(50));
    const unchanged = success?.filter(({ status }) => status === "unchanged");
    assert.equal(unchanged?.length, 25);
  }));

Deno.test("outages and nonsense are the service's failure, with their status", async () => {
  const faults: [Fault, number][] = [
    [{ kind: "bad_gateway" }, 502],
    [{ kind: "outage" }, 403],
    [{ kind: "errors_in_200" }, 200],
    [{ kind: "mangled", mangle: () => [] }, 200],
  ];
  for (const [fault, status] of faults) {
    await withPlugin(async ({ fake, pull, push }) => {
      fake.plan(fault, { times: 2 });
      await assert.rejects(pull(), { code: -32004, data: { status } });
      await assert.rejects(push(...series(1)), { code: -32004, data: { status } });
      assert.equal(fake.saves.length, 0);
    });
  }
});

Deno.test("a short 429 is waited for and tried again once", () =>
  withPlugin(async ({ fake, clock, push }) => {
    fake.plan({ kind: "burst", retryAfterSeconds: 20 }, { when: isSave });
    const { success, failed } = await push(...series(3));
    assert.deepEqual([success?.length, failed?.length], [3, 0]);
    assert.ok(clock.now() >= 20_000);
  }));

Deno.test("a long 429 answers at once with what is done, the rest failed, and asks no more", () =>
  withPlugin(async ({ fake, clock, push }) => {
    fake.plan({ kind: "burst", retryAfterSeconds: 40 }, { when: secondSave() });
    const { success, failed } = await push(...series(120));
    assert.ok(clock.now() < 1_000);
    assert.equal(success?.length, 25);
    assert.equal(failed?.length, 95);
    assert.deepEqual(failed?.[0], {
      externalId: "26",
      status: "failed",
      error: "AniList allows no request for 40 s",
      errorCode: -32001,
      retryAfterSeconds: 40,
    });
    // A look, two saves, and nothing after the 429.
    assert.equal(fake.requests.length, 3);
    // The next call is refused without a request while the wait lasts.
    await assert.rejects(push(...series(1)), { code: -32001, data: { retryAfterSeconds: 40 } });
    assert.equal(fake.requests.length, 3);
  }));

Deno.test("a second 429 in a call isn't waited for", () =>
  withPlugin(async ({ fake, push }) => {
    fake.plan({ kind: "burst", retryAfterSeconds: 3 }, { times: 2, when: isSave });
    const rejected = push(...series(1));
    await assert.rejects(rejected, { code: -32001, data: { retryAfterSeconds: 3 } });
    assert.equal(fake.requestsOf("SaveMediaListEntry"), 2);
  }));

Deno.test("a host that waits longer lets the plugin wait longer", () =>
  withPlugin(async ({ fake, push }) => {
    fake.plan({ kind: "burst", retryAfterSeconds: 100 });
    const { success } = await push(...series(1));
    assert.equal(success?.length, 1);
  }, { requestTimeoutSeconds: 120 }));

Deno.test("at 30 requests a minute they keep their distance, and a push ends in time", () =>
  withPlugin(async ({ fake, clock, push }) => {
    const { success, failed } = await push(...series(1_000));
    // 2 s apart: 13 requests in the 25 s that leave 5 of the 30; 5 looks and 8 saves.
    assert.ok(clock.now() <= 25_000, `${clock.now()}`);
    assert.equal(fake.requests.length, 13);
    assert.ok(fake.requests.every(({ status }) => status === 200), "no 429");
    assert.equal(success?.length, 200);
    assert.equal(failed?.length, 800);
    assert.ok(failed?.every(({ errorCode }) => errorCode === -32001));
    assert.equal(failed?.[0]?.retryAfterSeconds, 2);
  }, { requestsPerMinute: 30 }));

Deno.test("a failure in the middle leaves what is done, and the next push finds it unchanged", () =>
  withPlugin(async ({ fake, push }) => {
    fake.plan({ kind: "bad_gateway", lost: true }, { when: secondSave() });
    const { success, failed } = await push(...series(60));
    assert.deepEqual([success?.length, failed?.length], [25, 35]);
    assert.equal(failed?.[0]?.errorCode, -32004);
    assert.match(failed?.[0]?.error ?? "", /502/);
    // The save whose reply was lost was carried out.
    const again = await push(...series(60));
    const unchanged = again.success?.filter(({ status }) => status === "unchanged");
    assert.deepEqual([unchanged?.length, again.success?.length], [50, 60]);
    assert.ok(
      fake.saves.every(({ before, after }) =>
        after.progressVolumes >= (before?.progressVolumes ?? 0)
      ),
    );
  }));

Deno.test("a service that hangs fails before the host gives the call up", () =>
  withPlugin(async ({ fake, pull }) => {
    fake.plan({ kind: "hang" });
    const alive = setInterval(() => {}, 1_000);
    try {
      const refused = pull();
      await assert.rejects(refused, { code: -32004, message: "AniList didn't answer in time" });
    } finally {
      clearInterval(alive);
    }
  }, { requestTimeoutSeconds: 3 }));

Deno.test("a call that is given up sends nothing more", () =>
  withPlugin(async ({ fake, host }) => {
    const givenUp = new AbortController();
    const atFirstSave = (operation: OperationInfo) => {
      if (isSave(operation)) givenUp.abort();
      return false;
    };
    fake.plan({ kind: "outage" }, { when: atFirstSave });
    const entries = series(120).map((entry) => ({ ...entry, status: "reading" }));
    const call = host.call("sync/pushProgress", { entries }, givenUp.signal);
    await assert.rejects(call, { fault: "cancelled" });
    await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(fake.requestsOf("SaveMediaListEntry"), 1);
  }));
