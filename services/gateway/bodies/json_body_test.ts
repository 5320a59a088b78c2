/** How much of what clients send is held at once. */
import { deepEqual as equal, match } from "node:assert/strict";
import { Problem } from "@codex/protocol";
import { LIBRARIES } from "../testing/calls.ts";
import { bearer, createFixture } from "../testing/fixture.ts";
import { operationById } from "../operation_by_id.ts";
import { handStream } from "../testing/servers.ts";
import {
  ACCOUNT_BODY_BYTES_MAX,
  BODY_BYTES_MAX,
  bodyBytesMax,
  PUBLIC_BODY_BYTES_MAX,
} from "./json_body.ts";

/** As many of the largest bodies as one address may be sending. */
const BODIES = 32;

Deno.test("one address sends 32 MiB of bodies at once, and another as much beside it", async () => {
  const { app, auth, calls } = await createFixture({ trustedProxies: 1 });
  const token = auth.signIn("admin");
  const send = (body: BodyInit, address: string) =>
    app.request(LIBRARIES, {
      method: "POST",
      headers: {
        ...bearer(token),
        "content-type": "application/json",
        "x-forwarded-for": address,
        ...(body instanceof ReadableStream && { "content-length": String(BODY_BYTES_MAX) }),
      },
      body,
    });
  // Whose token it is, is known from here on: what follows comes in turn.
  equal((await send("{}", "192.0.2.1")).status, 200);
  const under = Array.from({ length: BODIES }, () => {
    const body = handStream();
    return { body, reply: send(body.readable, "192.0.2.1") };
  });
  const more = await send("{}", "192.0.2.1");
  equal([more.status, Problem.parse(await more.json()).code], [503, "no_capacity"]);
  match(more.headers.get("retry-after") ?? "", /^\d+$/);
  equal((await send("{}", "192.0.2.2")).status, 200);
  equal(calls.length, 2);
  for (const { body } of under) {
    await body.write('{"name": "x"}');
    await body.close();
  }
  for (const { reply } of under) equal((await reply).status, 200);
  equal((await send("{}", "192.0.2.1")).status, 200);
});

Deno.test("of somebody unknown 16 KiB are taken, announced or not", async () => {
  const { app, calls } = await createFixture();
  const statusOf = async (bytes: number, isAnnounced: boolean) => {
    const body = "x".repeat(bytes);
    const { status } = await app.request("/api/v1/auth/login", {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(isAnnounced && { "content-length": String(bytes) }),
      },
      body: isAnnounced ? body : new Blob([body]).stream(),
    });
    return status;
  };
  for (const isAnnounced of [true, false]) {
    equal(await statusOf(PUBLIC_BODY_BYTES_MAX + 1, isAnnounced), 413);
    equal(calls.length, 0);
    await statusOf(PUBLIC_BODY_BYTES_MAX, isAnnounced);
    equal(calls.splice(0).length, 1, "auth is asked");
  }
});

Deno.test("auth takes smaller bodies than other services", () => {
  const limitOf = (id: string) => bodyBytesMax(operationById(id));
  equal(["login", "changePassword", "configureUserPlugin", "updateSeries"].map(limitOf), [
    PUBLIC_BODY_BYTES_MAX,
    ACCOUNT_BODY_BYTES_MAX,
    ACCOUNT_BODY_BYTES_MAX,
    BODY_BYTES_MAX,
  ]);
});
