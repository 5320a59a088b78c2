import { equal } from "node:assert/strict";
import { isPublicAddress } from "./private_address.ts";

const PUBLIC = ["1.1.1.1", "8.8.8.8", "9.255.255.255", "11.0.0.0", "100.63.255.255", "128.0.0.1"]
  .concat(["172.15.255.255", "172.32.0.0", "192.167.255.255", "223.255.255.255"])
  .concat(["2606:4700:4700::1111", "2a00:1450:4001::1", "2001:4860:4860::8888"]);

const PRIVATE = ["0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "127.0.0.1", "127.9.9.9"]
  .concat(["169.254.169.254", "172.16.0.1", "172.31.255.255", "192.168.1.1", "198.18.0.1"])
  .concat(["224.0.0.1", "239.255.255.255", "255.255.255.255", "203.0.113.9", "192.0.0.8"])
  .concat(["::", "::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%eth0", "ff02::1"])
  .concat(["2001:db8::1", "3fff::1", "100::1", "5f00::1"]);

/** The same IPv4 addresses, wrapped in IPv6. */
const WRAPPED = ["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:10.0.0.1", "::127.0.0.1"]
  .concat(["64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a00:1::1"])
  .concat(["2001:0:7f00:1::", "::ffff:8.8.8.8", "0:0:0:0:0:ffff:a9fe:a9fe"]);

Deno.test("addresses of the public internet are public", () => {
  for (const address of PUBLIC) equal(isPublicAddress(address), true, address);
});

Deno.test("addresses of this machine, its network and special purposes are private", () => {
  for (const address of PRIVATE) equal(isPublicAddress(address), false, address);
});

Deno.test("an IPv4 address inside an IPv6 one is private, in every notation", () => {
  for (const address of WRAPPED) equal(isPublicAddress(address), false, address);
});

Deno.test("a translated IPv4 address is as public as it is by itself", () => {
  for (const address of ["64:ff9b::808:808", "64:ff9b::8.8.8.8"]) {
    equal(isPublicAddress(address), true, address);
  }
  for (const address of ["64:ff9b::a9fe:a9fe", "64:ff9b::192.168.1.1", "64:ff9b::1:808:808"]) {
    equal(isPublicAddress(address), false, address);
  }
});

Deno.test("what is no address is not public", () => {
  for (const text of ["", "localhost", "1.2.3", "1.1.1.1.1", "[2606:4700::1]", "0x7f000001"]) {
    equal(isPublicAddress(text), false, text);
  }
});
