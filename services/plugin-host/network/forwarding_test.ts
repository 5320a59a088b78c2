import assert from "node:assert/strict";
import { planForwarding } from "./forwarding.ts";

const NONE: ReadonlySet<string> = new Set();

Deno.test("each granted name has a loopback address of its own, with its ports", () => {
  const { forwards, hostsFile, addresses } = planForwarding(
    ["api.example", "API.example:8080", "other.example", "api.example:443"],
    NONE,
  );
  assert.deepEqual(forwards.map(({ at, to }) => `${at} ${to.host}:${to.port}`), [
    "127.0.1.1 api.example:443",
    "127.0.1.1 api.example:8080",
    "127.0.1.2 other.example:443",
  ]);
  assert.ok(forwards.every(({ to }) => !to.mayBePrivate));
  assert.equal(
    hostsFile,
    "127.0.0.1 localhost\n::1 localhost\n127.0.1.1 api.example\n127.0.1.2 other.example\n",
  );
  assert.deepEqual(addresses, []);
});

Deno.test("a literal address is bound as itself and may be private, as a person typed it", () => {
  const { forwards, addresses } = planForwarding([
    "127.0.0.1:8091",
    "192.168.1.5:80",
    "[::1]:81",
    "[fd00:0:0::9]:82",
    "127.0.1.1:83",
    "a.example",
    "1.1.1.1",
  ], NONE);
  assert.deepEqual(forwards.map(({ at, to }) => [at, to.host, to.port, to.mayBePrivate]), [
    ["127.0.0.1", "127.0.0.1", 8091, true],
    ["192.168.1.5", "192.168.1.5", 80, true],
    ["::1", "::1", 81, true],
    ["fd00::9", "fd00::9", 82, true],
    ["127.0.1.1", "127.0.1.1", 83, true],
    ["127.0.1.2", "a.example", 443, false],
    ["1.1.1.1", "1.1.1.1", 443, true],
  ]);
  assert.deepEqual(addresses, ["192.168.1.5", "fd00::9", "1.1.1.1"]);
});

Deno.test("an IPv4-mapped address is the IPv4 address, and granted once", () => {
  const { forwards } = planForwarding(["[::ffff:127.0.0.1]:80", "127.0.0.1:80"], NONE);
  assert.deepEqual(forwards.map(({ at }) => at), ["127.0.0.1"]);
});

Deno.test("what is no address of a host is left out, and said", () => {
  const bad = ["0.0.0.0:80", "[::]:80", "224.0.0.1:80", "255.255.255.255:80", "[fe80::1]:80"];
  const { forwards, notes, addresses } = planForwarding([...bad, "a.example"], NONE);
  assert.deepEqual(forwards.map(({ to }) => to.host), ["a.example"]);
  assert.deepEqual(addresses, []);
  assert.equal(notes.length, bad.length);
  assert.equal(notes[0], 'Host "0.0.0.0" is left out: it is no address that can be reached');
});

Deno.test("a name may lead into the own network where that was allowed, at that port alone", () => {
  const { forwards } = planForwarding(["nas.lan:8080", "nas.lan"], new Set(["nas.lan:8080"]));
  assert.deepEqual(forwards.map(({ to }) => [to.port, to.mayBePrivate]), [
    [8080, true],
    [443, false],
  ]);
});

Deno.test("beside every public host only what is private is forwarded", () => {
  const { forwards, hostsFile } = planForwarding(
    ["*", "a.example:8080", "127.0.0.1:80", "nas.lan:80"],
    new Set(["nas.lan:80"]),
  );
  assert.deepEqual(forwards.map(({ to }) => to.host), ["127.0.0.1", "nas.lan"]);
  assert.ok(!hostsFile.includes("a.example"));
});

Deno.test("localhost leads to its forwarder where it was granted by that name", () => {
  const { hostsFile } = planForwarding(["localhost:80"], NONE);
  assert.equal(hostsFile, "127.0.1.1 localhost\n");
});
