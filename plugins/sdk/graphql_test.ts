import assert from "node:assert/strict";
import { AuthFailedError } from "./errors.ts";
import { GraphqlClient, type GraphqlOptions } from "./graphql.ts";
import { Pacer } from "./pacing.ts";
import { VirtualClock } from "./virtual_clock.ts";

const DATA = { data: { a: 1 } };

interface Asked {
  readonly at: number;
  readonly init: RequestInit;
}

/** A client of a service that gives these replies in order. */
function client(replies: (Response | Error)[], options: Partial<GraphqlOptions> = {}) {
  const clock = new VirtualClock();
  const pacer = new Pacer("Test", 30, clock);
  const asked: Asked[] = [];
  const fetch = (_url: string | URL | Request, init: RequestInit = {}) => {
    asked.push({ at: clock.now(), init });
    const reply = replies.shift();
    if (reply === undefined) throw new Error("One request too many");
    return reply instanceof Error ? Promise.reject(reply) : Promise.resolve(reply);
  };
  const url = "https://api.example/graphql";
  const graphql = new GraphqlClient({ service: "Test", url, pacer, fetch, ...options });
  const { signal } = new AbortController();
  const call = (timeLeftMs = 30_000, given = signal) =>
    graphql.within({ signal: given, timeLeftMs: () => timeLeftMs });
  return { call, clock, pacer, asked };
}

function json(body: unknown, status = 200, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers });
}

function faults(status: number, ...messages: string[]): Response {
  const errors = messages.map((message) => ({ message, status }));
  return json({ data: null, errors }, status);
}

Deno.test("an operation is posted as JSON with the given headers, and its data comes back", async () => {
  const { call, asked } = client([json(DATA)], { headers: { authorization: "Bearer t" } });
  assert.deepEqual(await call().query("{ a }", { b: 2 }), { a: 1 });
  const { method, headers, body, redirect } = asked[0]?.init ?? {};
  assert.equal(method, "POST");
  assert.equal(redirect, "manual");
  assert.deepEqual(JSON.parse(String(body)), { query: "{ a }", variables: { b: 2 } });
  assert.deepEqual(headers, {
    "content-type": "application/json",
    accept: "application/json",
    authorization: "Bearer t",
  });
});

Deno.test("requests keep the pace of X-RateLimit-Limit as soon as it is known", async () => {
  const fast = { "x-ratelimit-limit": "120" };
  const { call, asked } = client([json(DATA), json(DATA, 200, fast), json(DATA)]);
  for (let count = 0; count < 3; count++) await call().query("{ a }");
  assert.deepEqual(asked.map(({ at }) => at), [0, 2000, 2500]);
});

Deno.test("a 429 is waited for and tried again when 5 s are left after the wait", async () => {
  const limited = json({}, 429, { "retry-after": "25" });
  const { call, asked } = client([limited, json(DATA)]);
  assert.deepEqual(await call().query("{ a }"), { a: 1 });
  assert.deepEqual(asked.map(({ at }) => at), [0, 25_000]);
});

Deno.test("a 429 with a longer wait is told at once, and nothing is sent before it is over", async () => {
  const limited = json({}, 429, { "retry-after": "26" });
  const { call, asked } = client([limited, json(DATA)]);
  await assert.rejects(call().query("{ a }"), {
    name: "RateLimitedError",
    retryAfterSeconds: 26,
  });
  await assert.rejects(call().query("{ a }"), { retryAfterSeconds: 26 });
  assert.equal(asked.length, 1);
  assert.deepEqual(await call(60_000).query("{ a }"), { a: 1 });
  assert.equal(asked[1]?.at, 26_000);
});

Deno.test("a call waits for one 429, not for two", async () => {
  const limited = () => json({}, 429, { "retry-after": "3" });
  const { call, asked } = client([limited(), json(DATA), limited()]);
  const once = call();
  await once.query("{ a }");
  await assert.rejects(once.query("{ a }"), { name: "RateLimitedError", retryAfterSeconds: 3 });
  assert.equal(asked.length, 3);
});

Deno.test("a 429 that follows the wait is told; one without Retry-After means a minute", async () => {
  const { call } = client([json({}, 429, { "retry-after": "1" }), json({}, 429)]);
  await assert.rejects(call().query("{ a }"), { retryAfterSeconds: 60 });
});

Deno.test("a rate limit inside a 200 is one too", async () => {
  const limited = json({ errors: [{ message: "Too Many Requests.", status: 429 }] });
  const { call } = client([limited, json(DATA)]);
  await assert.rejects(call().query("{ a }"), { name: "RateLimitedError" });
});

Deno.test("the service's own rules come first", async () => {
  const explain: GraphqlOptions["explain"] = ([fault], status) =>
    fault?.message === "Invalid token"
      ? new AuthFailedError(`Connect again (${status})`)
      : undefined;
  const { call } = client([faults(400, "Invalid token"), faults(400, "Bad query")], { explain });
  await assert.rejects(call().query("{ a }"), { code: -32003, message: "Connect again (400)" });
  await assert.rejects(call().query("{ a }"), {
    code: -32004,
    message: "Test answered 400: Bad query",
  });
});

Deno.test("each kind of failure is told apart, and none passes for an answer", async () => {
  const html = "<html>Bad gateway</html>";
  const cases: [Response | Error, object][] = [
    [faults(401, "Unauthorized."), { code: -32003 }],
    [new Response("no", { status: 401 }), { code: -32003 }],
    [faults(403, "API disabled"), { code: -32004, message: "Test answered 403: API disabled" }],
    [faults(200, "Broken"), { code: -32004, message: "Test answered 200: Broken" }],
    [new Response(html, { status: 502 }), { code: -32004, data: { status: 502 } }],
    [new Response(html), { code: -32004, message: "Test answered 200: no GraphQL answer" }],
    [json(null), { code: -32004 }],
    [json({ data: null }), { code: -32004 }],
    [json({ data: { a: 1 } }, 500), { code: -32004 }],
    [Response.redirect("https://elsewhere.example"), { code: -32004 }],
    [new TypeError("connection refused"), { code: -32004, message: /connection refused/ }],
    [new Deno.errors.NotCapable("net"), {
      code: -32005,
      message: 'Network access to "api.example" is not granted',
    }],
  ];
  for (const [reply, expected] of cases) {
    await assert.rejects(client([reply]).call().query("{ a }"), expected);
  }
});

Deno.test("an answer that is there in part comes with its faults; query refuses it", async () => {
  const partly = () =>
    json({
      data: { e0: { id: 1 }, e1: null },
      errors: [
        { message: "validation", status: 400, path: ["e1"] },
        { message: "", locations: [{ line: 3, column: 1 }] },
        "odd",
      ],
    }, 400);
  const { call } = client([partly(), partly()]);
  const { data, faults } = await call().queryPartly("{ e0 e1 }");
  assert.deepEqual(data, { e0: { id: 1 }, e1: null });
  assert.deepEqual(faults, [
    { message: "validation", status: 400, field: "e1" },
    { message: "no reason given", line: 3 },
  ]);
  await assert.rejects(call().query("{ e0 e1 }"), { code: -32004 });
});

Deno.test("a call that is given up ends with its own reason", async () => {
  const controller = new AbortController();
  const fetch: typeof globalThis.fetch = (_url, init) =>
    new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
      controller.abort(new Error("given up"));
    });
  const { call } = client([], { fetch });
  await assert.rejects(call(30_000, controller.signal).query("{ a }"), /given up/);
});

Deno.test("a service that hangs is its own fault, before the host gives the call up", async () => {
  const fetch: typeof globalThis.fetch = (_url, init) =>
    new Promise((_, reject) => {
      init?.signal?.addEventListener("abort", () => reject(init.signal?.reason));
    });
  const { call } = client([], { fetch });
  // AbortSignal.timeout doesn't keep a process alive.
  const alive = setInterval(() => {}, 1000);
  try {
    await assert.rejects(call(2_500).query("{ a }"), {
      code: -32004,
      message: "Test didn't answer in time",
    });
  } finally {
    clearInterval(alive);
  }
});

Deno.test("an endless body is given up", async () => {
  const chunk = new Uint8Array(1024 * 1024);
  let sent = 0;
  const body = new ReadableStream({
    pull(controller) {
      sent++;
      controller.enqueue(chunk);
    },
  });
  await assert.rejects(client([new Response(body)]).call().query("{ a }"), {
    code: -32004,
    message: /more than \d+ bytes/,
  });
  assert.ok(sent < 20);
});
