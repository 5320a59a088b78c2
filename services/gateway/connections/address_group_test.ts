import { equal, notEqual } from "node:assert/strict";
import { addressGroup } from "./address_group.ts";

Deno.test("an IPv4 address counts alone, also where a socket shows it as IPv6", () => {
  equal(addressGroup("192.0.2.1"), "192.0.2.1");
  equal(addressGroup("::ffff:192.0.2.1"), "192.0.2.1");
  notEqual(addressGroup("192.0.2.1"), addressGroup("192.0.2.2"));
});

Deno.test("IPv6 addresses of one /64 count together, however they are written", () => {
  for (const address of ["2001:db8:0:1::1", "2001:DB8::1:ffff:0:0:9", "2001:db8:0:1:a:b:c:d"]) {
    equal(addressGroup(address), "2001:db8:0:1::/64", address);
  }
  equal(addressGroup("2001:db8:0:2::1"), "2001:db8:0:2::/64");
  equal(addressGroup("::1"), "0:0:0:0::/64");
  equal(addressGroup("::"), "0:0:0:0::/64");
  equal(addressGroup("fe80::1%eth0"), "fe80:0:0:0::/64");
  equal(addressGroup("64:ff9b::192.0.2.1"), "64:ff9b:0:0::/64");
});

Deno.test("what is no address is a group of its own", () => {
  equal(addressGroup("unknown"), "unknown");
});
