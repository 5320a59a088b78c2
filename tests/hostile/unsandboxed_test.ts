/** The cases at levels 1 and 2. `deno test … -- "part of a name"` runs those alone. */
import { planTrials, runTrials } from "./suite.ts";
import { HOSTILE_CASES } from "./table.ts";

Deno.test("hostile plugins without a sandbox harm only themselves", async (t) => {
  const plans = planTrials(HOSTILE_CASES, [1, 2]);
  await runTrials(t, { sandbox: "off", plans });
});
