import { equal } from "node:assert/strict";
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
    equal(clientAddress(peer, forwarded, proxies), address);
  });
}
