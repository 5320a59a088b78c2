import assert from "node:assert/strict";
import { Task } from "@codex/protocol";
import { quietLogger } from "@codex/service";
import { taskEvents } from "./task_events.ts";
import { TaskWatch } from "./task_watch.ts";

const ID = `syn_${crypto.randomUUID()}`;

const task = (change: Partial<Task> = {}): Task =>
  Task.parse({
    id: ID,
    kind: "sync",
    state: "running",
    progress: { current: 0 },
    createdAt: "2026-01-01T00:00:00.000Z",
    ...change,
  });

function watchOf(states: (Task | undefined)[]) {
  const asked: string[][] = [];
  const watch = new TaskWatch({
    logger: quietLogger(),
    intervalMs: 5,
    read: (ids) => {
      asked.push([...ids]);
      const now = states.length > 1 ? states.shift() : states[0];
      return Promise.resolve(new Map(now === undefined ? [] : [[now.id, now]]));
    },
  });
  return { watch, asked };
}

async function eventsOf(stream: ReadableStream<Uint8Array<ArrayBuffer>>): Promise<Task[]> {
  const text = await new Response(stream).text();
  return text.split("\n\n").filter((block) => block.startsWith("event: task\n"))
    .map((block) => Task.parse(JSON.parse(block.slice("event: task\ndata: ".length))));
}

Deno.test("each change comes as an event, and the stream ends with the task", async () => {
  const { watch } = watchOf([
    task({ progress: { current: 1 } }),
    task({ progress: { current: 1 } }),
    task({ progress: { current: 2, total: 2 } }),
    task({ state: "succeeded", progress: { current: 2, total: 2 } }),
  ]);
  const events = await eventsOf(taskEvents(watch, task()));
  assert.deepEqual(events.map(({ state, progress }) => [state, progress.current]), [
    ["running", 0],
    ["running", 1],
    ["running", 2],
    ["succeeded", 2],
  ]);
});

Deno.test("a task that has ended has one event; one that is gone has no more", async () => {
  const { watch, asked } = watchOf([undefined]);
  assert.equal((await eventsOf(taskEvents(watch, task({ state: "failed" })))).length, 1);
  assert.deepEqual(asked, []);
  assert.equal((await eventsOf(taskEvents(watch, task()))).length, 1);
});

Deno.test("however many watch, one question is asked; nobody watching, none", async () => {
  const { watch, asked } = watchOf([task({ progress: { current: 1 } }), task({ state: "failed" })]);
  const streams = Array.from({ length: 20 }, () => taskEvents(watch, task()));
  const all = await Promise.all(streams.map(eventsOf));
  assert.deepEqual(all.map((events) => events.length), Array(20).fill(3));
  assert.deepEqual(asked, [[ID], [ID]]);
});

Deno.test("who leaves is no longer told", async () => {
  const { watch, asked } = watchOf([task({ progress: { current: 1 } })]);
  const reader = taskEvents(watch, task()).getReader();
  await reader.read();
  await reader.cancel();
  const before = asked.length;
  await new Promise((resolve) => setTimeout(resolve, 30));
  assert.equal(asked.length, before);
});
