import { deepEqual as equal, ok } from "node:assert/strict";
import { ManualClock } from "@codex/service/testing";
import { ConnectionTable, GRACE_MS, type Phase, type Seat } from "./connection_table.ts";

const LIMITS = { unheard: 10_000, idle: 60_000, answering: 30_000, closing: 1000 };

function createTable(max: number, perGroupMax = max) {
  const clock = new ManualClock();
  const closed: string[] = [];
  const table = new ConnectionTable({ max, perGroupMax, limits: LIMITS, now: clock.now });
  const admit = (name: string, group = name): Seat | undefined =>
    table.admit(group, () => closed.push(name));
  const admitIn = (phase: Phase, name: string, group = name): Seat => {
    const seat = admit(name, group);
    ok(seat);
    table.enter(seat, phase);
    return seat;
  };
  return { clock, closed, table, admit, admitIn };
}

Deno.test("a newcomer takes the place of who never spoke, then of who is idle the longest", () => {
  const { clock, closed, table, admit, admitIn } = createTable(4);
  admitIn("idle", "idle first");
  admitIn("unheard", "silent");
  clock.advance(1);
  admitIn("idle", "idle later");
  admitIn("busy", "busy");
  equal(admit("too early"), undefined);
  clock.advance(GRACE_MS);
  for (const name of ["a", "b", "c"]) table.enter(admit(name)!, "busy");
  equal(closed, ["silent", "idle first", "idle later"]);
  equal(admit("one too many"), undefined);
  equal([table.count, closed.length], [4, 3]);
});

Deno.test("a client at its own limit makes room among its own, and disturbs nobody else", () => {
  const { clock, closed, table, admit, admitIn } = createTable(10, 2);
  admitIn("unheard", "of another");
  admitIn("idle", "own", "client");
  admitIn("busy", "own busy", "client");
  equal(admit("refused", "client"), undefined);
  clock.advance(GRACE_MS);
  table.enter(admit("newcomer", "client")!, "busy");
  equal(closed, ["own"]);
  clock.advance(GRACE_MS);
  equal(admit("refused again", "client"), undefined);
  ok(admit("somebody else"));
  equal([table.count, closed], [4, ["own"]]);
});

Deno.test("whoever leaves frees a place, once", () => {
  const { table, admit } = createTable(2, 1);
  const seat = admit("a")!;
  table.leave(seat);
  table.leave(seat);
  table.enter(seat, "busy");
  equal(table.count, 0);
  ok(admit("a"));
});

Deno.test("what a client has to do next it does in time, or its connection ends", () => {
  const { clock, closed, table, admitIn } = createTable(10);
  admitIn("unheard", "silent");
  admitIn("idle", "idle");
  admitIn("busy", "busy");
  const reader = admitIn("answering", "slow reader");
  const steady = admitIn("answering", "steady reader");
  const sweptAfter = (milliseconds: number) => {
    clock.advance(milliseconds);
    table.sweep();
    return closed.splice(0);
  };
  equal(sweptAfter(9_999), []);
  equal(sweptAfter(1), ["silent"]);
  table.enter(steady, "busy");
  table.enter(steady, "answering");
  equal(sweptAfter(20_000), ["slow reader"]);
  table.leave(reader);
  equal(sweptAfter(10_000), ["steady reader"]);
  equal(sweptAfter(20_000), ["idle"]);
  equal(sweptAfter(3_600_000), []);
  equal(table.count, 1);
});

Deno.test("without descriptors half of the connections stay, and no more come until then", () => {
  const { clock, closed, table, admit, admitIn } = createTable(100);
  for (let i = 0; i < 30; i++) admitIn("busy", `busy ${i}`);
  for (let i = 0; i < 70; i++) admitIn(i % 2 === 0 ? "idle" : "unheard", `waiting ${i}`);
  table.shrink();
  equal([table.count, table.max, closed.length], [50, 50, 50]);
  equal(admit("newcomer"), undefined);
  clock.advance(GRACE_MS);
  ok(admit("later"));
  table.restore();
  ok(admit("now"));
  equal([table.count, table.max], [51, 100]);
});

Deno.test("at the end nobody is waited for who isn't being answered", () => {
  const { closed, table, admitIn } = createTable(4);
  for (const phase of ["unheard", "idle", "busy", "answering"] as const) admitIn(phase, phase);
  table.endWaiting();
  equal([closed, table.count], [["unheard", "idle"], 2]);
});
