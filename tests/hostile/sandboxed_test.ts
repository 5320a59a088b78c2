/** The cases at level 3. */
import { requireTool } from "../../infra/test/tools.ts";
import { planTrials, runTrials } from "./suite.ts";
import { HOSTILE_CASES } from "./table.ts";

Deno.test({
  name: "hostile plugins in a sandbox harm only themselves",
  ignore: requireTool("bwrap") === "skip",
  fn: async (t) => {
    const plans = planTrials(HOSTILE_CASES, [3]);
    await runTrials(t, { sandbox: "require", plans });
  },
});
