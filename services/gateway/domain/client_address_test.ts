import { deepEqual as equal } from "node:assert/strict";
import { clientAddress } from "./client_address.ts";

const CASES: [
  peer: string | undefined,
  forwarded: string | undefined,
  proxies: number,
  address: string,
][] = [
  ["192.0.2.1", undefined, 0, "192.0.2.1"],
  ["192.0.2.1", "203.0.113.9", 0, "192.0.2.1"],
  ["10.0.0.1", "203.0.113.9", 1, "203.0.113.9"],
  ["10.0.0.1", "6.6.6.6, 203.0.113.9", 1, "203.0.113.9"],
  ["10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2", 2, "203.0.113.9"],
  ["10.0.0.1", "203.0.113.9", 2, "10.0.0.1"],
  ["10.0.0.1", "", 1, "10.0.0.1"],
  ["10.0.0.1", undefined, 1, "10.0.0.1"],
  [undefined, undefined, 0, "unknown"],
];

for (const [peer, forwarded, proxies, address] of CASES) {
  Deno.test(`behind ${proxies} proxies, ${peer} forwarding "${forwarded}" stands for ${address}`, () => {
    equal(clientAddress(peer, forwarded, proxies), { address, isShared: false });
  });
}

const SENDERS: [peer: string | undefined, isShared: boolean][] = [
  ["127.0.0.1", true],
  ["::1", true],
  ["10.1.2.3", true],
  ["172.17.0.1", true],
  ["192.168.1.2", true],
  ["::ffff:192.168.1.2", true],
  ["fd00::5", true],
  ["fe80::1%eth0", true],
  ["172.32.0.1", false],
  ["8.8.8.8", false],
  ["::ffff:8.8.8.8", false],
  ["2606:4700::1", false],
  // 6to4: anybody's, although it isn't ordinary public space.
  ["2002:a00:1::1", false],
  ["100.64.0.1", false],
  ["unknown", false],
  [undefined, false],
];

for (const [peer, isShared] of SENDERS) {
  Deno.test(`${peer} that forwards uninvited is ${isShared ? "a forgotten proxy" : "anybody"}`, () => {
    const address = peer ?? "unknown";
    equal(clientAddress(peer, "203.0.113.9", 0), { address, isShared });
    equal(clientAddress(peer, "203.0.113.9, 127.0.0.1", 0), { address, isShared });
    equal(clientAddress(peer, undefined, 0), { address, isShared: false });
    equal(clientAddress(peer, "203.0.113.9", 1), { address: "203.0.113.9", isShared: false });
  });
}
