import { deepEqual as equal } from "node:assert/strict";
import { purgeDelayMs, purgesOfConnections, purgesOfUser } from "./purge_duties.ts";

Deno.test("storage, plugin-host and sync owe the purge of each connection", () => {
  const owed = purgesOfConnections([
    { id: "c1", userId: "u", pluginId: "p" },
    { id: "c2", userId: "u", pluginId: "q" },
  ]);
  equal(owed.map(({ service, subjectId }) => `${service} ${subjectId}`), [
    "storage c1",
    "plugin-host c1",
    "sync c1",
    "storage c2",
    "plugin-host c2",
    "sync c2",
  ]);
  equal(purgesOfConnections([]), []);
});

Deno.test("every service that keeps data of people owes the purge of a user", () => {
  equal(purgesOfUser("u").map(({ service }) => service), [
    "library",
    "storage",
    "plugin-host",
    "sync",
  ]);
});

Deno.test("the delay doubles from 2 s and stays at 5 minutes", () => {
  equal([1, 2, 3, 4].map(purgeDelayMs), [2000, 4000, 8000, 16_000]);
  equal(purgeDelayMs(1000), 300_000);
  equal(purgeDelayMs(0), 2000);
});
