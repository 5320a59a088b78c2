import assert from "node:assert/strict";
import { FakeClock, settled } from "../testing/fake_clock.ts";
import { Connection } from "./connection.ts";
import { AbandonedError } from "./errors.ts";
import { memoryTransportPair } from "./transport.ts";

const TIMEOUT_MS = 1000;

interface Scene {
  readonly connection: Connection;
  readonly clock: FakeClock;
  /** Calls something and gives how it was given up. */
  givenUp(method?: string): Promise<AbandonedError>;
  /** The peer answers the call of this number. */
  answer(id: number): Promise<void>;
}

function scene(): Scene {
  const [near, far] = memoryTransportPair();
  far.start({ message: () => {}, fault: () => {}, closed: () => {} });
  const clock = new FakeClock();
  const connection = new Connection(near, { clock, timeoutMs: TIMEOUT_MS });
  return {
    connection,
    clock,
    async givenUp(method = "work") {
      try {
        return assert.fail(`It answered ${await connection.call(method, {})}`);
      } catch (error) {
        assert.ok(error instanceof AbandonedError);
        return error;
      }
    },
    answer(id) {
      far.sendBytes(new TextEncoder().encode(`{"id":${id},"result":1}\n`));
      return settled();
    },
  };
}

Deno.test("a call beside which another was answered found the peer busy, one alone found it hung", async () => {
  const { connection, clock, givenUp, answer } = scene();
  const answered = connection.call("work", {});
  const behind = givenUp();
  await answer(1);
  await answered;
  await clock.tick(TIMEOUT_MS);
  assert.equal((await behind).call.wasBusy, true);
  const alone = givenUp();
  await clock.tick(TIMEOUT_MS);
  assert.equal((await alone).call.wasBusy, false);
});

Deno.test("answers of the lifecycle, and those before a call, are none", async () => {
  const { connection, clock, givenUp, answer } = scene();
  connection.call("work", {});
  await answer(1);
  const hung = givenUp();
  for (const [id, method] of [[3, "ping"], [4, "shutdown"]] as const) {
    connection.call(method, {});
    await answer(id);
  }
  await clock.tick(TIMEOUT_MS);
  assert.equal((await hung).call.wasBusy, false);
});

Deno.test("a late answer counts as one, also after its call was released, and counts once", async () => {
  const { connection, clock, givenUp, answer } = scene();
  const first = givenUp();
  await clock.tick(TIMEOUT_MS);
  await first;
  for (const wasBusy of [true, false]) {
    connection.releaseAbandoned(connection.nextId);
    const next = givenUp();
    await answer(1);
    await clock.tick(TIMEOUT_MS);
    assert.equal((await next).call.wasBusy, wasBusy);
  }
});

Deno.test("of the calls that were released, the late answers of the last 1,000 count", async () => {
  for (const [id, wasBusy] of [[1, false], [2, true]] as const) {
    const { connection, clock, givenUp, answer } = scene();
    const released = Array.from({ length: 1001 }, () => givenUp());
    await clock.tick(TIMEOUT_MS);
    await Promise.all(released);
    connection.releaseAbandoned(connection.nextId);
    const next = givenUp();
    await answer(id);
    await clock.tick(TIMEOUT_MS);
    assert.equal((await next).call.wasBusy, wasBusy);
  }
});

Deno.test("a call that was given up is worked off when it is answered, released, or the end comes", async () => {
  const { connection, clock, givenUp, answer } = scene();
  const calls = [givenUp(), givenUp(), givenUp()];
  await clock.tick(TIMEOUT_MS);
  const done: string[] = [];
  for (const [index, call] of calls.entries()) {
    (await call).call.workedOff.then(() => done.push(`call ${index + 1}`));
  }
  await settled();
  assert.deepEqual(done, []);
  await answer(2);
  assert.deepEqual(done, ["call 2"]);
  connection.releaseAbandoned(3);
  await settled();
  assert.deepEqual(done, ["call 2", "call 1"]);
  connection.close();
  await settled();
  assert.deepEqual(done, ["call 2", "call 1", "call 3"]);
});

Deno.test("calls that wait beside each other strike one hang, the next one strikes another", async () => {
  const { clock, givenUp } = scene();
  const first = givenUp();
  await clock.tick(TIMEOUT_MS / 2);
  const beside = givenUp();
  await clock.tick(TIMEOUT_MS / 2);
  const next = givenUp();
  await clock.tick(TIMEOUT_MS);
  const hangs = (await Promise.all([first, beside, next])).map(({ call }) => call.hang);
  assert.ok(hangs[0] !== undefined && hangs[0] === hangs[1]);
  assert.ok(hangs[2] !== undefined && hangs[2] !== hangs[0]);
});
