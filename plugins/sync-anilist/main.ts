import { createSyncAnilist } from "./plugin.ts";

await createSyncAnilist().run();
