/**
 * Servers that send without end where no body is, or leave HTTP: a parser takes all that in
 * silence.
 */
import { equal, match, ok } from "node:assert/strict";
import { AllowedHostList } from "./allowed_hosts.ts";
import { createGuardedFetch } from "./guarded_fetch.ts";

const encoder = new TextEncoder();

interface Taken {
  readonly told: string;
  /** Bytes that the server got rid of before its connection ended. */
  readonly bytes: number;
}

/** Sends `head` once, then `more` until the other side has enough. */
async function fetchFlood(head: string, more: string): Promise<Taken> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  let bytes = 0;
  const serving = (async () => {
    using connection = await listener.accept();
    try {
      await connection.read(new Uint8Array(1024));
      await connection.write(encoder.encode(head));
      const piece = encoder.encode(more.repeat(Math.ceil(65_536 / more.length)));
      for (;;) bytes += await connection.write(piece);
    } catch {
      // The connection has ended.
    }
  })();
  const host = `127.0.0.1:${listener.addr.port}`;
  const fetchGuarded = createGuardedFetch({ allowedHosts: AllowedHostList.parse(host) });
  const answer = await fetchGuarded(new URL(`http://${host}/`), {
    timeoutMs: 60_000,
    bytesMax: 1000,
  });
  await serving;
  ok(answer.kind !== "answered");
  return { told: answer.kind === "refused" ? answer.reason : answer.detail, bytes };
}

const CHUNKED = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
const FLOODS: [name: string, head: string, more: string, told: RegExp][] = [
  ["information", "", "HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\n", /^size$/],
  ["a chunk's extension", `${CHUNKED}1;`, "x", /^size$/],
  ["trailers", `${CHUNKED}0\r\n`, "x-trailer: a\r\n", /./],
  ["headers", "HTTP/1.1 200 OK\r\n", "x-header: a\r\n", /HPE_HEADER_OVERFLOW/],
];

for (const [name, head, more, told] of FLOODS) {
  Deno.test(`${name} without end is cut off long before the deadline`, async () => {
    const taken = await fetchFlood(head, more);
    match(taken.told, told);
    // What lies in the buffers of two sockets is some megabytes.
    ok(taken.bytes < 50_000_000, `${taken.bytes} bytes were taken`);
  });
}

Deno.test("a server that changes the protocol is given up at once, and for good", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const over = Promise.withResolvers<void>();
  const serving = (async () => {
    using connection = await listener.accept();
    await connection.read(new Uint8Array(1024));
    const head = "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: odd\r\n\r\n";
    await connection.write(encoder.encode(head));
    await over.promise;
  })();
  const host = `127.0.0.1:${listener.addr.port}`;
  const fetchGuarded = createGuardedFetch({ allowedHosts: AllowedHostList.parse(host) });
  const answer = await fetchGuarded(new URL(`http://${host}/`), {
    timeoutMs: 60_000,
    bytesMax: 1000,
  });
  over.resolve();
  await serving;
  equal(answer.kind === "unreachable" && answer.reason, "connection");
});
