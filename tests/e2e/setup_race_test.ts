/**
 * The first administrator, wanted by many clients at once: two replicas of auth behind a gateway.
 */
import assert from "node:assert/strict";
import { API_BASE, type Problem, SetupAnswer, SetupStatus } from "@codex/protocol";
import { testPluginSummary } from "@codex/service/testing";
import { startAuthReplicas } from "../harness/auth_replicas.ts";
import { HttpBrowser } from "../harness/http_browser.ts";

const PASSWORD = "correct horse battery";

Deno.test("of 40 clients that set up at once over two replicas exactly one becomes administrator", async () => {
  await using replicas = await startAuthReplicas(testPluginSummary(), "127.0.0.1:9");
  const base = `${replicas.url}${API_BASE}`;
  const replies = await Promise.all(
    Array.from({ length: 40 }, (_, n) =>
      new HttpBrowser().post(`${base}/setup/initialize`, {
        username: `client${n}`,
        email: `client${n}@example.org`,
        password: PASSWORD,
        setupCode: replicas.setupCode,
      })),
  );
  const winners = replies.flatMap(({ status }, n) => status === 200 ? [n] : []);
  assert.equal(winners.length, 1);
  for (const [n, reply] of replies.entries()) {
    const body = await reply.json();
    if (n === winners[0]) {
      assert.equal(SetupAnswer.parse(body).user.username, `client${n}`);
      continue;
    }
    assert.deepEqual([reply.status, (body as Problem).code], [409, "already_set_up"]);
    assert.deepEqual(reply.headers.getSetCookie(), []);
  }
  const signIn = (n: number) =>
    new HttpBrowser().post(`${base}/auth/login`, { username: `client${n}`, password: PASSWORD });
  assert.equal((await signIn(winners[0]!)).status, 200);
  assert.equal((await signIn((winners[0]! + 1) % 40)).status, 401);
  const status = SetupStatus.parse(await (await fetch(`${base}/setup/status`)).json());
  assert.deepEqual([status.setupRequired, status.hasUsers], [false, true]);
  assert.ok(replicas.answered.every((count) => count > 5), `Answered: ${replicas.answered}`);
});
