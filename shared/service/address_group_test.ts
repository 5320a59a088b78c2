import { equal } from "node:assert/strict";
import { addressGroup } from "./address_group.ts";

const CASES: [address: string, key: string][] = [
  ["192.0.2.7", "192.0.2.7"],
  ["::ffff:192.0.2.7", "192.0.2.7"],
  ["::FFFF:192.0.2.7", "192.0.2.7"],
  ["::ffff:c000:207", "192.0.2.7"],
  ["0:0:0:0:0:ffff:192.0.2.7", "192.0.2.7"],
  ["192.0.2.7:50123", "192.0.2.7"],
  ["[2001:db8:1:2::9]:50123", "2001:db8:1:2/64"],
  ["[2001:db8:1:2::9]", "2001:db8:1:2/64"],
  ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2/64"],
  ["2001:0DB8:0001:0002::9", "2001:db8:1:2/64"],
  ["2001:db8::1", "2001:db8:0:0/64"],
  ["::1", "0:0:0:0/64"],
  ["::", "0:0:0:0/64"],
  ["2001:DB8::1:ffff:0:0:9", "2001:db8:0:1/64"],
  ["64:ff9b::192.0.2.1", "64:ff9b:0:0/64"],
  ["fe80::1%eth0", "fe80:0:0:0/64"],
  ["unknown", "unknown"],
  ["x".repeat(500), "x".repeat(64)],
];

for (const [address, key] of CASES) {
  Deno.test(`what comes from ${address.slice(0, 40)} counts under ${key.slice(0, 40)}`, () => {
    equal(addressGroup(address), key);
  });
}
