/** Storage as a plugin has it, through the pipe of its process: limits to the byte and to the key. */
import assert from "node:assert/strict";
import { z } from "zod";
import { STORAGE_KEYS_MAX, STORAGE_VALUE_BYTES_MAX } from "@codex/protocol";
import { startPlatform } from "../harness/platform.ts";
import { setUpAdmin } from "../harness/scenario.ts";
import { actAsSync, chooseServicePorts } from "../harness/service_peer.ts";
import { connectStorageProbe } from "../harness/storage_probe.ts";

const Refused = z.object({ code: z.int(), message: z.string() });
const QUOTES = 2;

Deno.test("a plugin's values and keys are kept to the exact limits", async (t) => {
  const ports = chooseServicePorts();
  await using platform = await startPlatform({ env: ports.env });
  await setUpAdmin(platform);
  const probe = await connectStorageProbe(platform, await actAsSync(platform, ports));

  /** Characters and their bytes in compact JSON: plain, of two, three and four bytes, and escaped. */
  for (
    const [text, bytes] of [["x", 1], ["é", 2], ["漢", 3], ["😀", 4], ["\n", 2], [
      "\u0001",
      6,
    ]] as const
  ) {
    await t.step(
      `a value of ${JSON.stringify(text)} comes back the same up to the limit`,
      async () => {
        const most = Math.floor((STORAGE_VALUE_BYTES_MAX - QUOTES) / bytes);
        const whole = await probe.run({ do: "roundtrip", text, times: most });
        assert.deepEqual(whole, { ok: true, same: true });
        const over = await probe.run({ do: "roundtrip", text, times: most + 1 });
        const { code, message } = Refused.parse(over);
        assert.equal(code, -32602);
        assert.match(message, /1048576/);
        const kept = await probe.run({ do: "get" });
        assert.equal(Object(kept).data.length, text.length * most);
      },
    );
  }

  await t.step("of 100 new keys at once beside 95 there are 5 that fit", async () => {
    // One key is there already.
    const before = await probe.run({ do: "fill", from: 0, count: STORAGE_KEYS_MAX - 6 });
    assert.equal(before["stored"], STORAGE_KEYS_MAX - 6);
    const { stored, refused } = z.object({ stored: z.int(), refused: z.array(Refused) })
      .parse(await probe.run({ do: "fill", from: 1000, count: 100 }));
    assert.deepEqual([stored, refused.length], [5, 95]);
    for (const { code, message } of refused) {
      assert.equal(code, -32602);
      assert.match(message, /100 keys/);
    }
    const { keys } = z.object({ keys: z.array(z.string()) }).parse(await probe.run({ do: "list" }));
    assert.equal(keys.length, STORAGE_KEYS_MAX);
  });
});
