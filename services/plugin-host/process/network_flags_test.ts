import assert from "node:assert/strict";
import { networkFlags } from "./network_flags.ts";

const ALL_DENIED = "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,172.16.0.0/12," +
  "192.0.0.0/24,192.0.2.0/24,192.31.196.0/24,192.52.193.0/24,192.88.99.0/24,192.168.0.0/16," +
  "192.175.48.0/24,198.18.0.0/15,198.51.100.0/24,203.0.113.0/24,224.0.0.0/4,240.0.0.0/4," +
  "[::],[::1],[fd00:ec2::254]";

Deno.test("no grant gives no network flag at all", () => {
  assert.deepEqual(networkFlags([]), []);
});

Deno.test("a granted name is allowed at its port, 443 by default, and every special range denied", () => {
  assert.deepEqual(networkFlags(["openlibrary.org", "Example.com:8080"]), [
    "--allow-net=openlibrary.org:443,example.com:8080",
    `--deny-net=${ALL_DENIED}`,
  ]);
});

Deno.test("a range is left out for a granted literal address inside it, and only that range", () => {
  const [allow, deny] = networkFlags(["127.0.0.1:9000", "10.0.0.7"]);
  assert.equal(allow, "--allow-net=127.0.0.1:9000,10.0.0.7:443");
  assert.equal(
    deny,
    `--deny-net=${ALL_DENIED}`.replace("10.0.0.0/8,", "").replace("127.0.0.0/8,", ""),
  );
});

Deno.test("names that only look like addresses open no range", () => {
  for (const entry of ["localhost", "127.0.0.1.example.com", "10.0.0.1x"]) {
    assert.equal(networkFlags([entry])[1], `--deny-net=${ALL_DENIED}`);
  }
});

Deno.test("unrestricted network still denies the special ranges", () => {
  assert.deepEqual(networkFlags(["*"]), ["--allow-net", `--deny-net=${ALL_DENIED}`]);
});

Deno.test("a granted IPv6 literal opens exactly itself", () => {
  const [allow, deny] = networkFlags(["[0:0:0:0:0:0:0:1]:8080"]);
  assert.equal(allow, "--allow-net=[::1]:8080");
  assert.equal(deny, `--deny-net=${ALL_DENIED}`.replace("[::1],", ""));
});

Deno.test("where names lead to forwarders their range is open, and every other still denied", () => {
  for (const granted of [["a.example"], ["*"]]) {
    const [, deny] = networkFlags(granted, true);
    assert.equal(deny, `--deny-net=${ALL_DENIED}`.replace("127.0.0.0/8,", ""));
  }
  assert.deepEqual(networkFlags([], true), []);
});
