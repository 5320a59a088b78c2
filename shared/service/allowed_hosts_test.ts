import { deepEqual as equal } from "node:assert/strict";
import { AllowedHostList, isAllowedHost } from "./allowed_hosts.ts";

Deno.test("a list of hosts with ports is read, whatever its spaces and case", () => {
  const list = AllowedHostList.parse(" 127.0.0.1:8091, NAS.lan:443,[0:0::1]:80,, ");
  equal([...list], ["127.0.0.1:8091", "nas.lan:443", "[::1]:80"]);
  equal([...AllowedHostList.parse("")], []);
});

Deno.test("an entry without a port, or that is no host, is refused by name", () => {
  for (const text of ["nas.lan", "nas.lan:0", "nas.lan:65536", "::1:80", "http://x:1", "*:80"]) {
    const parsed = AllowedHostList.safeParse(text);
    equal(parsed.error?.issues.map((issue) => issue.message), [`"${text}" must be host:port`]);
  }
});

Deno.test("a URL is allowed by its host and port together", () => {
  const allowed = AllowedHostList.parse("nas.lan:443,127.0.0.1:8091,[::1]:80");
  const cases: [url: string, isAllowed: boolean][] = [
    ["https://nas.lan/token", true],
    ["https://NAS.LAN:443/", true],
    ["http://nas.lan/", false],
    ["https://nas.lan:444/", false],
    ["https://nas.lan.example/", false],
    ["http://127.0.0.1:8091/", true],
    ["http://0x7f.1:8091/", true],
    ["http://[::1]/", true],
    ["http://[0:0::1]:80/", true],
  ];
  for (const [url, isAllowed] of cases) equal(isAllowedHost(new URL(url), allowed), isAllowed, url);
});
