/** Requests of nobody known, counted by the address that they come from. */
import { deepEqual as equal, match } from "node:assert/strict";
import { API_BASE, Problem } from "@codex/protocol";
import { ManualClock } from "@codex/service/testing";
import { bearer, cookie, createFixture } from "../testing/fixture.ts";
import { RequestAllowance } from "./request_allowance.ts";

/** Enough for the script of the documentation once, not twice. */
const BURST = 40;
const LIBRARIES = `${API_BASE}/libraries`;

async function setUp(trustedProxies = 0) {
  const clock = new ManualClock();
  const allowance = new RequestAllowance({ burst: BURST, perSecond: 1, now: clock.now });
  const fixture = await createFixture({ allowance, trustedProxies });
  const ask = async (headers: Record<string, string> = {}, path = "/api/docs") => {
    const reply = await fixture.app.request(path, { headers });
    await reply.body?.cancel();
    return reply.status;
  };
  /** Its status each time. */
  const statuses = async (count: number, headers?: Record<string, string>, path?: string) => {
    const all = new Set<number>();
    for (let i = 0; i < count; i++) all.add(await ask(headers, path));
    return [...all];
  };
  return { clock, fixture, ask, statuses };
}

Deno.test("a flood is refused before anything is done for it, and told when to come again", async () => {
  const { clock, fixture, ask, statuses } = await setUp();
  equal(await statuses(BURST), [200]);
  const reply = await fixture.app.request(`${API_BASE}/setup/status`);
  equal([reply.status, reply.headers.get("retry-after")], [429, "1"]);
  const problem = Problem.parse(await reply.json());
  equal(problem.code, "rate_limited");
  match(problem.detail ?? "", /^Too many requests come from your address: try again in 1 s$/);
  equal(fixture.calls.length, 0);
  clock.advance(2000);
  equal(await ask(), 200);
});

Deno.test("requests with a valid session or token don't count, others with one that isn't do", async () => {
  const { fixture, statuses } = await setUp();
  const token = fixture.auth.signIn("reader");
  equal(await statuses(BURST * 2, bearer(token), LIBRARIES), [200]);
  equal(await statuses(BURST * 2, cookie(token), LIBRARIES), [200]);
  equal(await statuses(BURST, bearer("cxp_guessed"), LIBRARIES), [401]);
  equal(await statuses(1, bearer("cxp_guessed"), LIBRARIES), [429]);
});

Deno.test("behind a proxy each address that it names counts alone, an IPv6 network as one", async () => {
  const { ask, statuses } = await setUp(1);
  const from = (address: string) => ({ "x-forwarded-for": `192.0.2.9, ${address}` });
  equal(await statuses(BURST, from("198.51.100.1:50123")), [200]);
  equal(await ask(from("198.51.100.1:50124")), 429);
  equal(await ask(from("198.51.100.2")), 200);
  equal(await statuses(BURST, from("2001:db8:1:2::1")), [200]);
  equal(await ask(from("2001:db8:1:2:ffff::9")), 429);
  equal(await ask(from("2001:db8:1:3::1")), 200);
});

Deno.test("a big file counts as many requests, and only where it is sent", async () => {
  const { fixture, ask, statuses } = await setUp();
  const script = "/api/docs/swagger-ui.js";
  const reply = await fixture.app.request(script);
  equal(reply.status, 200);
  await reply.body?.cancel();
  equal(await ask({}, script), 429);
  equal(await ask({ "if-none-match": reply.headers.get("etag") ?? "" }, script), 304);
  equal(await statuses(1), [200]);
});
