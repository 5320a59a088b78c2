import assert from "node:assert/strict";
import { lookUpByGetent, withoutLocalNames } from "./local_names.ts";

const lookUp = (answers: Record<string, string[]>) => (name: string) =>
  Promise.resolve(answers[name] ?? []);

Deno.test("a name that leads to any private address is left out, however that is written", async () => {
  const local = [
    "127.0.0.1",
    "10.1.2.3",
    "169.254.169.254",
    "::1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "::127.0.0.1",
    "fd00::1",
    "fe80::1",
    "2002:7f00:1::1",
  ];
  for (const address of local) {
    const answers = lookUp({ "evil.example": ["93.184.216.34", address] });
    const { network, notes } = await withoutLocalNames(
      ["evil.example", "good.example:8080"],
      answers,
    );
    assert.deepEqual(network, ["good.example:8080"], address);
    assert.deepEqual(notes, [
      `Host "evil.example" is left out: it leads to the private address ${address}, which has to be granted itself`,
    ]);
  }
});

Deno.test("public names, names without an address, literal addresses and * stay", async () => {
  const granted = ["a.example", "none.example", "127.0.0.1:8091", "[::1]:80", "*"];
  const answers = lookUp({ "a.example": ["93.184.216.34", "2606:2800::1", "64:ff9b::5db8:d822"] });
  assert.deepEqual(await withoutLocalNames(granted, answers), { network: granted, notes: [] });
});

Deno.test("the system's own names are found", async () => {
  assert.ok((await lookUpByGetent("localhost")).some((it) => it === "127.0.0.1" || it === "::1"));
  assert.deepEqual(await lookUpByGetent("no-such-name.invalid"), []);
});
