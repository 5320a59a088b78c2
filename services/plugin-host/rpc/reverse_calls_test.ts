import assert from "node:assert/strict";
import { ReverseCalls } from "./reverse_calls.ts";
import { settled } from "../testing/fake_clock.ts";

Deno.test("large calls run fewer at a time, and the small ones behind them keep their turn", async () => {
  const finish: (() => void)[] = [];
  const served: unknown[] = [];
  const handler = (_method: string, params: unknown) => {
    served.push(params);
    return new Promise<null>((resolve) => finish.push(() => resolve(null)));
  };
  const calls = new ReverseCalls(handler, () => Promise.resolve());
  const offer = (params: string, textLength: number) =>
    calls.offer({ id: params, method: "storage/set", params, textLength });

  const large = 4 * 1024 * 1024;
  for (const name of ["a", "b", "c", "d"]) assert.ok(offer(name, large));
  for (let n = 0; n < 20; n++) assert.ok(offer(`small ${n}`, 100));
  assert.deepEqual(served, ["a", "b"]);
  finish.shift()!();
  await settled();
  assert.deepEqual(served, ["a", "b", "c"]);
  for (const end of finish.splice(0)) end();
  await settled();
  assert.equal(served.length, 4 + 15, "d and as many small ones as make sixteen");
  for (const end of finish.splice(0)) end();
  await settled();
  assert.equal(served.length, 24);
});

Deno.test("a call that is larger than all may be together runs alone", async () => {
  const served: unknown[] = [];
  const calls = new ReverseCalls((_method, params) => {
    served.push(params);
    return Promise.resolve(null);
  }, () => Promise.resolve());
  for (const id of ["a", "b"]) {
    calls.offer({ id, method: "storage/set", params: id, textLength: 9 * 1024 * 1024 });
  }
  assert.deepEqual(served, ["a"]);
  await settled();
  assert.deepEqual(served, ["a", "b"]);
});
