import { deepEqual as equal, ok } from "node:assert/strict";
import { connectDatabase } from "@codex/service/database";
import { createTestDatabase } from "../../../infra/test/database.ts";
import * as schema from "../db/schema.ts";
import { createThrottle } from "./throttle.ts";

Deno.test("two replicas count together, also when all attempts come at once", async () => {
  await using database = await createTestDatabase("auth");
  const replicas = [1, 2].map(() => connectDatabase(database.urls.codex_auth, schema));
  const limit = { name: "test", attempts: 7, windowSeconds: 60 };
  const throttles = replicas.map((replica) => createThrottle(replica.sql, limit));
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, n) => throttles[n % 2]!.attempt("key")),
  );
  equal(results.filter((result) => result.kind === "allowed").length, 7);
  for (const result of results) {
    if (result.kind === "throttled") {
      ok(result.retryAfterSeconds >= 1 && result.retryAfterSeconds <= 60);
    }
  }
  equal((await throttles[0]!.attempt("another key")).kind, "allowed");
  await Promise.all(replicas.map((replica) => replica.close()));
});

Deno.test("an attempt can be taken back, or all be forgotten", async () => {
  await using database = await createTestDatabase("auth");
  const { sql, close } = connectDatabase(database.urls.codex_auth, schema);
  const throttle = createThrottle(sql, { name: "test", attempts: 2, windowSeconds: 60 });
  const kinds = async (count: number) => {
    const found = [];
    for (let n = 0; n < count; n++) found.push((await throttle.attempt("key")).kind);
    return found;
  };
  equal(await kinds(2), ["allowed", "allowed"]);
  await throttle.refund("key");
  equal(await kinds(2), ["allowed", "throttled"]);
  await throttle.forget("key");
  equal(await kinds(3), ["allowed", "allowed", "throttled"]);
  await throttle.forget("never seen");
  await close();
});
